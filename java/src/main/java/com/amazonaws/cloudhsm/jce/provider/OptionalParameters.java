package com.amazonaws.cloudhsm.jce.provider;

/** Options of a cluster, each true or false. The emulated HSM accepts them; neither changes what it does. */
public enum OptionalParameters {
  /** Whether a key's permissions are asked for when an operation is initialised; here always when it is used. */
  VALIDATE_KEY_AT_INIT,
  /** Whether a key must be on two HSMs before it is used; here there is one HSM. */
  KEY_AVAILABILITY_CHECK
}
