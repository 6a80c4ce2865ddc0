package natsserver

import (
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// calls begins the calls of JetStream, and streamCalls those about streams.
	calls       = "$JS.API."
	streamCalls = calls + "STREAM."
	// nobody begins where a call goes that is not answered.
	nobody = "_TERRACE.nobody"
)

// guard keeps all calls that change a stream for who knows the prefix. The server sends what
// answers a request to whatever subject that names, with rights of its own: without this a
// program that may read a stream has an answer delete it. Every call from an account of a topic
// goes through the system account, whose mappings it meets there; the first that fits counts.
func guard(ns *server.Server, prefix string) error {
	system := ns.SystemAccount()
	for _, m := range []struct{ from, to string }{
		{prefix + ".STREAM.>", streamCalls + ">"},
		{streamCalls + "NAMES", streamCalls + "NAMES"},
		{streamCalls + "LIST", streamCalls + "LIST"},
		{streamCalls + "INFO.*", streamCalls + "INFO.$1"},
		{streamCalls + "MSG.GET.*", streamCalls + "MSG.GET.$1"},
		{streamCalls + ">", nobody + ".>"},
	} {
		if err := system.AddMapping(m.from, m.to); err != nil {
			return fmt.Errorf("guard the calls of streams: %w", err)
		}
	}
	return nil
}

// Changes begins the calls that change streams; only this process knows it.
func (s *Server) Changes() string { return s.changes }
