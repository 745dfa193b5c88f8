package com.amazonaws.cloudhsm.jce.jni.exception;

/** Why an {@link AuthenticationException} was thrown. */
public enum AuthenticationExceptionCause {
  /** Nobody is logged in. */
  UNAUTHENTICATED,
  /** A name or password is wrong; the provider says so with a {@link FailedLoginException}. */
  INCORRECT_CREDENTIALS,
  /** The account is locked; the provider says so with an {@link AccountLockedException}. */
  ACCOUNT_LOCKED,
  /** A user is logged in already; the provider says so with an {@link AccountAlreadyLoggedInException}. */
  ALREADY_LOGGED_IN
}
