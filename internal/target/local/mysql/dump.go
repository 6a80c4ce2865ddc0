package mysql

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxSaid bounds what is kept of what a program says about its failure, in bytes.
const maxSaid = 4 << 10

// Dump writes statements that make what a database has at one moment: its tables, views,
// routines, triggers and events. Whoever works with it goes on meanwhile.
func (s *Server) Dump(ctx context.Context, database string, w io.Writer) error {
	return s.client(ctx, nil, w, []string{"mariadb-dump", "mysqldump"}, "--single-transaction", "--quick", "--routines", "--triggers", "--events", "--hex-blob", "--default-character-set=utf8mb4", "--skip-dump-date", database)
}

// Load empties a database, and executes statements in it that Dump has written.
func (s *Server) Load(ctx context.Context, database string, r io.Reader) error {
	if err := s.execute(ctx, "DROP DATABASE IF EXISTS "+name(database), "CREATE DATABASE "+name(database)); err != nil {
		return err
	}
	return s.client(ctx, r, io.Discard, []string{"mariadb", "mysql"}, "--default-character-set=utf8mb4", "--batch", database)
}

// client runs one of MariaDB's programs as the administrator, whose password is in its
// environment alone.
func (s *Server) client(ctx context.Context, in io.Reader, out io.Writer, programs []string, args ...string) error {
	path := look(programs...)
	if path == "" {
		return kernel.Errorf(kernel.Unavailable, "%s is not installed on this machine", programs[0]).WithFix("install mariadb-client")
	}
	all := append([]string{"--no-defaults", "--protocol=tcp", "--host=" + Host, "--port=" + strconv.Itoa(s.config.Port), "--user=" + admin}, args...)
	c := exec.CommandContext(ctx, path, all...)
	var said bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = in, out, &said
	c.Env = append(s.config.environment(), "MYSQL_PWD="+s.password)
	if err := c.Run(); err != nil {
		text := said.String()
		return fmt.Errorf("%s: %w: %s", programs[0], err, strings.TrimSpace(text[:min(len(text), maxSaid)]))
	}
	return nil
}
