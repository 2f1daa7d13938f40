# Lethe for Kubernetes: Apache Spark's own image with Lethe in it. A pod downloads nothing; without a GPU it unpacks nothing either.
# The authors have no Docker and have never built it. ImageIT does what this file says, in a folder of the machine that tests it.
#
#   mvn -DskipTests package
#   docker build --tag registry.example/lethe:0.2.0 .
#   docker build --tag registry.example/lethe:0.2.0-gpu --target gpu --build-context libtorch=/opt/libtorch .
#
# The second is for executors with GPUs. Its libtorch is the folder with lib/*.so that conf/gpu.conf describes.
# An image has the Spark of target/spark, whose jars for S3 it takes. For Spark 3.5 build with -P spark-3.5, and name its folder and
# Spark: --build-arg BUILD=target-3.5 --build-arg SPARK=3.5.9 --build-arg SCALA=2.12
ARG SPARK=4.2.0
ARG SCALA=2.13
ARG BUILD=target

FROM --platform=linux/amd64 apache/spark:${SPARK}-scala${SCALA}-java17-ubuntu AS base
ARG BUILD
USER root

# What Hadoop's connector to S3 needs and Spark's image lacks: those jars of the embedded Spark that have no namesake there.
RUN --mount=type=bind,source=${BUILD}/spark/jars,target=/embedded \
    for jar in /embedded/*.jar; do \
      name=$(basename "$jar" | sed 's/-[0-9].*//') && \
      { ls /opt/spark/jars/"$name"-[0-9]*.jar >/dev/null 2>&1 || cp "$jar" /opt/spark/jars/; } || exit 1; \
    done

COPY ${BUILD}/lethe.jar ${BUILD}/lib /opt/lethe/
COPY conf /opt/lethe/conf

# What submit.sh sets for every process. How many threads a process has is the run's: spark.executorEnv.OMP_NUM_THREADS.
ENV OPT_OUT_TRACKING=true
ENV OMP_DYNAMIC=FALSE
ENV MKL_DYNAMIC=FALSE
ENV MKL_CBWR=AUTO,STRICT
ENV GLIBC_TUNABLES=glibc.malloc.hugetlb=1
ENV LC_ALL=C.UTF-8
ENV LETHE_LOG=info
ENV DJL_CACHE_DIR=/opt/lethe/djl

# Executors with GPUs. What PyTorch needs besides libtorch is unpacked by each pod, since that needs the driver of a GPU.
FROM base AS gpu
COPY --from=libtorch lib /opt/libtorch/lib
ENV PYTORCH_LIBRARY_PATH=/opt/libtorch/lib
ENV PYTORCH_VERSION=2.7.1
ENV PYTORCH_FLAVOR=cu128
ENV DJL_CACHE_DIR=/tmp/djl
USER 185

FROM base AS cpu
RUN java -cp '/opt/lethe/*:/opt/spark/jars/*' lethe.UnpackLibraries && chmod -R a+rX /opt/lethe
# Spark's, by its number, so that Kubernetes can see that it is not root
USER 185
