package natsserver

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const homeFile = "home"

// Home names the server among those of all daemons on one database. The name is made at the
// first start, of the node's and something at random, and stays with the streams.
func (s *Server) Home(node string) (string, error) {
	path := filepath.Join(s.dir, homeFile)
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("name of the event server: %w", err)
	}
	home := node + "-" + strings.ToLower(rand.Text()[:8])
	if err := os.WriteFile(path, []byte(home+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("name the event server: %w", err)
	}
	return home, nil
}

// Accounts returns those that are open.
func (s *Server) Accounts() []string {
	s.auth.mu.RLock()
	defer s.auth.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.auth.accounts))
}
