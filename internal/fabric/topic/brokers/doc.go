// Package brokers is the brokers of an installation as one: each topic is on one of them.
//
// It owns which brokers there are by name, which of them is asked about a topic, and how they
// are. It does not own where a topic is to be: package topic decides that and tells it, or it
// is looked up. It opens no connection: natsbroker and kafkabroker do.
package brokers
