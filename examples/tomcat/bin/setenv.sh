# Tomcat's catalina.sh reads this. CLOUDHSM_JAR is the provider's jar, the emulator's or CloudHSM's own.
: "${CLOUDHSM_JAR:=$(hsmbridge jar)}"

# The JDK itself loads the provider, so that the jar belongs on the system's class path, not into lib/.
CLASSPATH="$CLOUDHSM_JAR"
CATALINA_OPTS="$CATALINA_OPTS -Djava.security.properties=$CATALINA_BASE/conf/cloudhsm.security"

# Passwords in server.xml come from the environment: on the command line everybody could read them.
digester=org.apache.tomcat.util.digester
CATALINA_OPTS="$CATALINA_OPTS -D$digester.PROPERTY_SOURCE=$digester.EnvironmentPropertySource"
