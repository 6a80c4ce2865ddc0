package dbtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// templates are the databases that this process has migrated already, by what
// fingerprint says of their migrations: a test gets a copy.
type templates[T any] struct {
	mu   sync.Mutex
	made map[string]func() (T, error)
}

// get returns what build made the first time that sets were asked for.
func (t *templates[T]) get(sets []db.Migrations, build func() (T, error)) (T, error) {
	key, err := fingerprint(sets)
	if err != nil {
		var none T
		return none, err
	}
	t.mu.Lock()
	made, ok := t.made[key]
	if !ok {
		made = sync.OnceValues(build)
		if t.made == nil {
			t.made = map[string]func() (T, error){}
		}
		t.made[key] = made
	}
	t.mu.Unlock()
	return made()
}

// fingerprint tells migrations apart by their rooms and what their files say.
func fingerprint(sets []db.Migrations) (string, error) {
	sum := sha256.New()
	for _, set := range sets {
		_, _ = fmt.Fprintf(sum, "room %s\n", set.Room) // a hash takes everything
		err := fs.WalkDir(set.Files, "migrations", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(set.Files, path)
			_, _ = fmt.Fprintf(sum, "%s %d\n%s\n", path, len(content), content)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("migrations of %s: %w", set.Room, err)
		}
	}
	return string(sum.Sum(nil)), nil
}

//nolint:gochecknoglobals // one for all tests of a process, as the server is
var (
	files     templates[[]byte]
	databases templates[string]
)

// migratedFile returns the content of an SQLite database that sets have migrated.
func migratedFile(sets []db.Migrations) ([]byte, error) {
	return files.get(sets, func() (content []byte, err error) {
		dir, err := os.MkdirTemp("", "terrace-sqlite-")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		path := filepath.Join(dir, "template.db")
		if err := migrate("sqlite://"+path, sets); err != nil {
			return nil, err
		}
		return os.ReadFile(path)
	})
}

// migratedDatabase returns the name of a PostgreSQL database that sets have migrated.
func migratedDatabase(t testing.TB, sets []db.Migrations) (string, error) {
	t.Helper()
	return databases.get(sets, func() (string, error) {
		name := "template_" + strings.ReplaceAll(kernel.NewID("t"), "-", "_")
		base := serverOrSkip(t)
		execute(t, base, "CREATE DATABASE "+name)
		return name, migrate(at(t, base, name), sets)
	})
}

// migrate migrates the database at url, and leaves it.
func migrate(url string, sets []db.Migrations) (err error) {
	d, err := db.Open(context.Background(), url)
	if err != nil {
		return err
	}
	for _, set := range sets {
		if err := d.Migrate(context.Background(), set); err != nil {
			_ = d.Close()
			return err
		}
	}
	return d.Close()
}
