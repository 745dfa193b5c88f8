package com.amazonaws.cloudhsm.jce.provider.attributes;

/**
 * The parameter sets of ML-DSA (FIPS 204), for programs that look for them beside {@link KeyType}.
 *
 * <p>The same as {@link com.amazonaws.cloudhsm.jce.jni.MldsaAlgorithm}; {@link KeyAttribute#MLDSA_ALGORITHM} takes both.
 */
public enum MldsaAlgorithm {
  /** Security category 2. */
  MlDsa44,
  /** Security category 3. */
  MlDsa65,
  /** Security category 5. */
  MlDsa87
}
