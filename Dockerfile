# Both planes, and the name `haproxy`: what it holds is laid out by e2e/images, which also builds it (`just images`).
FROM scratch
ADD sluicegate.tar /
ENV PATH=/usr/local/sbin:/usr/local/bin
# `daemon` and `-D` in a file or a command would end the container.
ENV SLUICEGATE_FOREGROUND=1
# Whom root becomes once everything is bound, unless the file has a `user`.
ENV SLUICEGATE_USER=haproxy
# Every user may write there, also where all other folders are read-only.
ENV SLUICEGATE_ADMIN=/dev/shm/sluicegate.sock
WORKDIR /var/lib/haproxy
# Finish what runs.
STOPSIGNAL SIGUSR1
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["sluicegate", "healthcheck"]
CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
