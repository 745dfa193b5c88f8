package io.hsmbridge.hosted;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Comparator;
import java.util.Map;

/** Threads that run when this JVM ends. */
public final class ShutdownHooks {

  private ShutdownHooks() {}

  /**
   * Removes the hook that was registered last. A host calls this when it has started the JVM, because JPype's hook
   * interrupts the program's threads and closes the border while the program's own hooks may still use keys; under
   * plain {@code java} nothing of the kind happens.
   *
   * <p>The list of hooks is private, and opening the package would change what the program may do, so it is read with
   * {@code sun.misc.Unsafe}. All of this is done here and not by the host, which would have JPype describe a dozen
   * large classes to it first.
   *
   * @throws ReflectiveOperationException if this JDK keeps its hooks elsewhere
   */
  public static void removeNewest() throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.Unsafe");
    Field only = type.getDeclaredField("theUnsafe");
    only.setAccessible(true);
    Object unsafe = only.get(null);
    Field field = Class.forName("java.lang.ApplicationShutdownHooks").getDeclaredField("hooks");
    Object base = type.getMethod("staticFieldBase", Field.class).invoke(unsafe, field);
    Object offset = type.getMethod("staticFieldOffset", Field.class).invoke(unsafe, field);
    Method read = type.getMethod("getObject", Object.class, long.class);
    ((Map<?, ?>) read.invoke(unsafe, base, offset))
        .keySet().stream()
            .map(Thread.class::cast)
            .max(Comparator.comparingLong(Thread::getId))
            .ifPresent(Runtime.getRuntime()::removeShutdownHook);
  }
}
