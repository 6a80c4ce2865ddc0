package natsbroker

// Kill breaks every connection, as the end of a process does.
func Kill(b *Broker) {
	for _, topic := range b.topics() {
		b.known(topic).conn.Close()
	}
}
