/* systemd's notification protocol: a datagram to the socket named by NOTIFY_SOCKET. */
#pragma once

/* "READY=1", "STOPPING=1", "RELOADING=1". Does nothing without systemd. */
void notify_systemd(const char *state);
