package local

import (
	"sync"

	"github.com/terrace-idp/terrace/internal/target/local/logs"
	"github.com/terrace-idp/terrace/internal/target/local/mysql"
)

// stageServer is a stage's server; nil while it does not run.
type stageServer struct {
	mu     sync.Mutex
	server *mysql.Server
	log    *logs.Log
	// making counts the databases that are being made and are in no record yet.
	making int
}

// begin notes that a database is being made, until done: the server must not end
// under it.
func (s *stageServer) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.making++
}

func (s *stageServer) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.making--
}
