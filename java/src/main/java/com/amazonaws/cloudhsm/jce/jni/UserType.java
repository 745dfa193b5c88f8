package com.amazonaws.cloudhsm.jce.jni;

/** The kinds of user that an HSM has. */
public enum UserType {
  /** A crypto user (CU), who owns and uses keys. */
  CRYPTO_USER,
  /** An admin, who manages users; the provider does not log admins in. */
  ADMIN
}
