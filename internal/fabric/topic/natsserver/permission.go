package natsserver

import (
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// maxOwn is how many consumers a user has names for: a permission of NATS has whole parts
// of a subject, so that it names each of them.
const maxOwn = 16

// consumers are the names of a user's consumers, as nats.go's ordered consumers count
// theirs.
func consumers(own string) []string {
	all := make([]string, maxOwn)
	for i := range all {
		all[i] = own + "_" + strconv.Itoa(i+1)
	}
	return all
}

// permissions lets a user use one subject and what lies under it, read its stream by
// consumers of its own, and receive replies; nothing else. taken are the consumers that
// a user who names his as he likes must not reach.
//
// Who may subscribe to _INBOX.> reads what all others of the account are sent there, so
// users with names of their own have an inbox of their own, too.
func permissions(u User, taken []string) *server.Permissions {
	own, inbox := []string{u.Subject, u.Subject + ".>"}, "_INBOX.>"
	if u.Consumers != "" {
		inbox = "_INBOX_" + u.Consumers + ".>"
	}
	publish, subscribe, denied := []string{"$JS.API.INFO"}, []string{inbox}, []string(nil)
	if u.Publish {
		publish = append(publish, own...)
	}
	if u.Consume {
		publish = append(publish, reading(u.Stream)...)
		subscribe = append(subscribe, own...)
		if u.Consumers == "" {
			publish = append(publish, "$JS.API.CONSUMER.NAMES."+u.Stream, "$JS.API.CONSUMER.LIST."+u.Stream)
			publish = append(publish, using(u.Stream, "*")...)
		}
		for _, name := range taken {
			denied = append(append(denied, using(u.Stream, name)...), "$JS.API.CONSUMER.*."+u.Stream+"."+name)
		}
		if u.Consumers != "" {
			for _, name := range consumers(u.Consumers) {
				publish = append(publish, using(u.Stream, name)...)
			}
		}
	}
	if u.Publish && u.Consume { // requests and replies between the programs of one topic
		publish = append(publish, inbox)
	}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish, Deny: denied},
		Subscribe: &server.SubjectPermission{Allow: subscribe},
	}
}

// reading are the calls of a client that reads a stream, without a consumer.
func reading(stream string) []string {
	return []string{
		"$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.STREAM.INFO." + stream, "$JS.API.STREAM.MSG.GET." + stream,
		"$JS.API.DIRECT.GET." + stream, "$JS.API.DIRECT.GET." + stream + ".>",
	}
}

// using are the calls of a client that has a consumer, and its answers to deliveries
// (ADR-15, in both forms). The call that makes a consumer of no name is not among them:
// it takes one in its body.
func using(stream, consumer string) []string {
	at := stream + "." + consumer
	return []string{
		"$JS.API.CONSUMER.CREATE." + at, "$JS.API.CONSUMER.CREATE." + at + ".>", "$JS.API.CONSUMER.DURABLE.CREATE." + at, "$JS.API.CONSUMER.INFO." + at,
		"$JS.API.CONSUMER.DELETE." + at, "$JS.API.CONSUMER.MSG.NEXT." + at, "$JS.ACK." + at + ".>", "$JS.ACK.*.*." + at + ".>",
		"$JS.FC." + at + ".>", "$JS.FC.*.*." + at + ".>",
	}
}
