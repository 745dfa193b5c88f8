package com.amazonaws.cloudhsm.jce.jni.exception;

/** Why an {@link AuthenticationException} was thrown. */
public enum AuthenticationExceptionCause {
  /** Nobody is logged in. */
  UNAUTHENTICATED
}
