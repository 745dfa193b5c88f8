package com.amazonaws.cloudhsm.jce.jni;

/** The kinds of user that can log in through the provider. */
public enum UserType {
  /** A crypto user (CU), who owns and uses keys. */
  CRYPTO_USER
}
