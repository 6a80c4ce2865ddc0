package natsserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// maxConsumers bounds the consumers of one account.
const maxConsumers = 1024

// Open makes an account with one stream, where it is not there yet.
func (s *Server) Open(account string) error {
	a, isNew := s.nats.LookupOrRegisterAccount(account)
	if isNew || !a.JetStreamEnabled() {
		limits := server.JetStreamAccountLimits{
			MaxMemory: -1, MaxStore: -1, MaxStreams: 1, MaxConsumers: maxConsumers,
			MaxAckPending: -1, MemoryMaxStreamBytes: -1, StoreMaxStreamBytes: -1,
		}
		if err := a.EnableJetStream(map[string]server.JetStreamAccountLimits{"": limits}, nil); err != nil {
			return fmt.Errorf("account %s: %w", account, err)
		}
	}
	s.auth.open(account, a)
	return nil
}

// Opened reports whether the account is there.
func (s *Server) Opened(account string) bool { return s.auth.has(account) }

// Shut forgets an account with its users, and cuts all of them off. Its stream has
// been deleted before.
func (s *Server) Shut(account string) error {
	s.auth.close(account)
	return s.disconnect(account, "")
}

// Connect opens a connection within the process to an account. Nothing is kept for
// sending while it is interrupted: a caller knows of each message whether it went out.
func (s *Server) Connect(account string) (*nats.Conn, error) {
	conn, err := nats.Connect("", nats.InProcessServer(s.nats), nats.UserInfo(internalUser+account, s.auth.internal), nats.Name("terrace"), nats.CustomInboxPrefix(internalInbox),
		nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.ReconnectBufSize(-1), nats.Timeout(callTimeout))
	if err != nil {
		return nil, fmt.Errorf("connect to the event server: %w", err)
	}
	return conn, nil
}

// Allow lets a user in. One of its name that was let in otherwise before is cut off, and
// so are those who might have consumers that are now its own: they come again.
func (s *Server) Allow(u User) error { return s.cut(s.auth.allow(u)) }

// Reserve keeps a consumer of an account for this process, so that no user reaches it;
// where is is false it ends that, once the consumer is gone.
func (s *Server) Reserve(account, consumer string, is bool) error {
	if !is {
		s.auth.release(account, consumer)
		return nil
	}
	return s.cut(s.auth.reserve(account, consumer))
}

// cut ends the connections of users, which are let in again as they may be now.
func (s *Server) cut(users []User) error {
	var failed error
	for _, u := range users {
		failed = errors.Join(failed, s.disconnect(u.Account, u.Name))
	}
	return failed
}

// Forbid lets a user in no more, and cuts it off; one that is not there is no error.
func (s *Server) Forbid(name string) error {
	u, ok := s.auth.forbid(name)
	if !ok {
		return nil
	}
	return s.disconnect(u.Account, name)
}

// disconnect cuts off the clients of an account: those of one user, or all but this
// process when there is none.
func (s *Server) disconnect(account, user string) error {
	connz, err := s.nats.Connz(&server.ConnzOptions{Username: true, Limit: 1 << 16, Account: account})
	if err != nil {
		return fmt.Errorf("list connections: %w", err)
	}
	for _, c := range connz.Conns {
		if c.AuthorizedUser == user || user == "" && c.AuthorizedUser != "terrace" {
			_ = s.nats.DisconnectClientByID(c.Cid) // it has gone already
		}
	}
	return nil
}

// Sweep removes what a crash left of accounts of topics that are not among the known
// ones. The names of these have three dots.
func (s *Server) Sweep(known map[string]bool) error {
	root := s.nats.StoreDir()
	entries, err := os.ReadDir(root)
	if err != nil {
		return fmt.Errorf("sweep topics: %w", err)
	}
	for _, e := range entries {
		if strings.Count(e.Name(), ".") != 3 || known[e.Name()] {
			continue
		}
		if err := os.RemoveAll(filepath.Join(root, e.Name())); err != nil {
			return fmt.Errorf("sweep topics: %w", err)
		}
	}
	return nil
}
