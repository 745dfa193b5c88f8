package io.hsmbridge.key;

import io.hsmbridge.engine.Attributes;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** The parameter sets of ML-DSA (FIPS 204, 4), with their object identifiers (RFC 9881). */
public enum MldsaSet {
  ML_DSA_44("ML-DSA-44", Attributes.PARAMETER_SET_ML_DSA_44, "2.16.840.1.101.3.4.3.17"),
  ML_DSA_65("ML-DSA-65", Attributes.PARAMETER_SET_ML_DSA_65, "2.16.840.1.101.3.4.3.18"),
  ML_DSA_87("ML-DSA-87", Attributes.PARAMETER_SET_ML_DSA_87, "2.16.840.1.101.3.4.3.19");

  private final String standardName;
  private final long number;
  private final String oid;

  MldsaSet(String standardName, long number, String oid) {
    this.standardName = standardName;
    this.number = number;
    this.oid = oid;
  }

  /**
   * Lists what keys may say that their algorithm is; JDKs that do not know ML-DSA call it by its identifier.
   *
   * @return the names, the common one first
   */
  public static String[] keyAlgorithms() {
    return Stream.concat(
            Stream.of("ML-DSA"), Arrays.stream(values()).flatMap(set -> Stream.of(set.standardName, set.oid)))
        .toArray(String[]::new);
  }

  /**
   * Finds a set.
   *
   * @param name as FIPS 204 spells it, any case, or the object identifier
   * @return the set, if there is one of that name
   */
  public static Optional<MldsaSet> ofName(String name) {
    return Arrays.stream(values())
        .filter(set -> set.standardName.equalsIgnoreCase(name) || set.oid.equals(name))
        .findFirst();
  }

  /**
   * Returns the name as FIPS 204 spells it.
   *
   * @return such as {@code ML-DSA-65}
   */
  public String standardName() {
    return standardName;
  }

  /**
   * Returns the number that the engine's attribute has.
   *
   * @return a {@code PARAMETER_SET_} number
   */
  public long number() {
    return number;
  }

  /**
   * Returns the object identifier of keys and signatures (RFC 9881).
   *
   * @return in dotted form
   */
  public String oid() {
    return oid;
  }
}
