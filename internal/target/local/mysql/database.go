package mysql

import (
	"context"
	"fmt"
	"strings"
)

// MakeDatabase makes sure that the database exists and that the user with any of the
// passwords may do everything in it, and nothing elsewhere; secure lets it connect with TLS
// alone.
func (s *Server) MakeDatabase(ctx context.Context, database, user string, secure bool, passwords ...string) error {
	require := " REQUIRE NONE"
	if secure {
		require = " REQUIRE SSL"
	}
	account := text(user) + "@" + text(Host)
	return s.execute(ctx,
		"CREATE DATABASE IF NOT EXISTS "+name(database),
		"CREATE USER IF NOT EXISTS "+account+identified(passwords),
		"ALTER USER "+account+identified(passwords)+require,
		"GRANT ALL ON "+name(escapePattern(database))+".* TO "+account,
	)
}

// DropDatabase removes the database and the user; what is not there is no error.
func (s *Server) DropDatabase(ctx context.Context, database, user string) error {
	return s.execute(ctx,
		"DROP DATABASE IF EXISTS "+name(database),
		"DROP USER IF EXISTS "+text(user)+"@"+text(Host),
	)
}

// HasDatabase reports whether the database exists.
func (s *Server) HasDatabase(ctx context.Context, database string) (bool, error) {
	var n int
	err := s.pool.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.schemata WHERE schema_name = ?", database).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for the database %s: %w", database, err)
	}
	return n > 0, nil
}

// execute runs statements that take no parameters. Their text is kept out of
// errors, for it has passwords.
func (s *Server) execute(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := s.pool.ExecContext(ctx, statement); err != nil {
			verb, _, _ := strings.Cut(statement, " ")
			return fmt.Errorf("database server, %s: %w", strings.ToLower(verb), err)
		}
	}
	return nil
}

// identified has an account take any of the passwords: MariaDB tries one way after the other.
func identified(passwords []string) string {
	ways := make([]string, 0, len(passwords))
	for _, p := range passwords {
		ways = append(ways, "mysql_native_password USING PASSWORD("+text(p)+")")
	}
	return " IDENTIFIED VIA " + strings.Join(ways, " OR ")
}

// Certify has the server read its certificate anew; who is connected stays so.
func (s *Server) Certify(ctx context.Context) error { return s.execute(ctx, "FLUSH SSL") }

func name(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }

func text(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// escapePattern keeps _ and % from standing for other characters in a grant.
func escapePattern(s string) string { return strings.NewReplacer("_", `\_`, "%", `\%`).Replace(s) }
