package com.amazonaws.cloudhsm.jce.provider;

/** Options of a cluster, each true or false. */
public enum OptionalParameters {
  /**
   * Whether a key's permissions are asked for when an operation is initialised. It changes nothing here: they are
   * always checked when the key is used.
   */
  VALIDATE_KEY_AT_INIT,
  /** Whether a key must be on two HSMs before it is used; only if set to true, because here one HSM is usual. */
  KEY_AVAILABILITY_CHECK
}
