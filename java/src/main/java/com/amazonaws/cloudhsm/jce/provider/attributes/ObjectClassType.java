package com.amazonaws.cloudhsm.jce.provider.attributes;

/** The classes of key; a value of {@link KeyAttribute#OBJECT_CLASS}. */
public enum ObjectClassType {
  /** The public half of a pair. */
  PUBLIC_KEY,
  /** The private half of a pair. */
  PRIVATE_KEY,
  /** A symmetric key. */
  SECRET_KEY
}
