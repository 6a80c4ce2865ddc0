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
	made map[string]*template[T]
}

type template[T any] struct {
	build func() (T, error)
	users int
}

// get returns what build made the first time that sets were asked for. done is for
// who needs it no longer: it reports whether nobody does, and then it is forgotten.
func (t *templates[T]) get(sets []db.Migrations, build func() (T, error)) (made T, done func() (last bool), err error) {
	key, err := fingerprint(sets)
	if err != nil {
		return made, nil, err
	}
	t.mu.Lock()
	one, ok := t.made[key]
	if !ok {
		one = &template[T]{build: sync.OnceValues(build)}
		if t.made == nil {
			t.made = map[string]*template[T]{}
		}
		t.made[key] = one
	}
	one.users++
	t.mu.Unlock()
	made, err = one.build()
	return made, func() bool { return t.leave(key) }, err
}

// leave reports whether a template has no users any longer.
func (t *templates[T]) leave(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.made[key]
	if one.users--; one.users > 0 {
		return false
	}
	delete(t.made, key)
	return true
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
	content, _, err := files.get(sets, func() (content []byte, err error) {
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
	return content, err
}

// migratedDatabase returns the name of a PostgreSQL database that sets have migrated.
// A server that is shared keeps it as long as a test copies it, one of this process
// as long as itself.
func (c cluster) migratedDatabase(t testing.TB, all *templates[string], sets []db.Migrations) (string, error) {
	t.Helper()
	name, done, err := all.get(sets, func() (string, error) {
		name := "template_" + strings.ReplaceAll(kernel.NewID("t"), "-", "_")
		if err := c.execute("CREATE DATABASE " + name); err != nil {
			return "", err
		}
		where, err := c.at(name)
		if err == nil {
			err = migrate(where, sets)
		}
		return name, err
	})
	if done != nil && c.shared {
		t.Cleanup(func() {
			if !done() || name == "" {
				return
			}
			if err := c.drop(name); err != nil {
				t.Error(err)
			}
		})
	}
	return name, err
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
