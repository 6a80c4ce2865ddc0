// Package natsserver is the NATS server that runs in this process, for an
// installation that brings none of its own.
//
// It owns the server with JetStream, the account that each topic has for itself, so
// that not even its inboxes can be seen by others, and who may enter an account to do
// what. It does not own topics: natsbroker makes streams in the accounts. It keeps
// users in memory only, and of a password what verifies it: whoever owns them tells
// it of all at the start.
package natsserver
