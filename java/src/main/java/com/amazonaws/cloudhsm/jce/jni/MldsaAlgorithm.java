package com.amazonaws.cloudhsm.jce.jni;

/** The parameter sets of ML-DSA (FIPS 204); a value of {@code KeyAttribute.MLDSA_ALGORITHM}. */
public enum MldsaAlgorithm {
  /** Security category 2. */
  MlDsa44,
  /** Security category 3. */
  MlDsa65,
  /** Security category 5. */
  MlDsa87
}
