package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// usersName is the file that redis-server reads its users from, at a start and when told.
// It has hashes of passwords, and no password.
const usersName = "users.acl"

// writeUsers has the only user take any of the passwords.
func writeUsers(dir string, passwords []string) error {
	line := "user default on"
	for _, p := range passwords {
		sum := sha256.Sum256([]byte(p))
		line += " #" + hex.EncodeToString(sum[:])
	}
	if err := wholefile.Replace(filepath.Join(dir, usersName), []byte(line+" ~* &* +@all\n"), 0o600); err != nil {
		return fmt.Errorf("write the cache's users: %w", err)
	}
	return nil
}

// Admit has the cache take these passwords and no others; who is connected stays so. The
// embedded server takes the first alone.
func (s *Server) Admit(ctx context.Context, passwords []string) error {
	if s.inside != nil {
		s.inside.RequireAuth(passwords[0])
		s.password.Store(&passwords[0])
		return nil
	}
	if err := writeUsers(s.config.Dir, passwords); err != nil {
		return err
	}
	if !s.unit.State().IsReady() {
		return nil // it reads them when it starts
	}
	err := s.ask(ctx, []string{"+OK", "+OK"}, command("AUTH", *s.password.Load()), command("ACL", "LOAD"))
	if err != nil && strings.Contains(err.Error(), "WRONGPASS") { // it has read them already
		err = nil
	}
	s.password.Store(&passwords[0])
	return err
}
