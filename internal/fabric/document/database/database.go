// Package database has document databases of stages: collections that are declared
// together, and a token that opens them and nothing else.
//
// It owns which databases there are, their collections and tokens. Documents are
// document's, in the scope of the stage, in collections that have the database's name
// before theirs. Who may have a database is decided where it is declared.
package database

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// TokenPrefix begins the token of a database, so that scanners find a leaked one.
	TokenPrefix = "tdoc_"
	// overlap is how long the token before still opens what another one does.
	overlap = time.Hour
	// maxCollections bounds those of a database.
	maxCollections = 50
	idPrefix       = "docdb_"
)

// Collections are what is declared of a database: the path of each index, its members with
// dots between, by the names of index and collection.
type Collections map[string]map[string]string

// Database is one database.
type Database struct {
	ID string
	// Scope is the tenant, the project and the stage.
	Scope       kernel.Scope
	Name        string
	Collections Collections
	// Hash is that of the token, and Former that of the one before.
	Hash, Former string
	// RotatedAt is when the token took the place of the one before.
	RotatedAt time.Time
}

// Store keeps databases.
type Store interface {
	// Put keeps a database in place of one with its id.
	Put(ctx context.Context, d Database) error
	// Get returns a database of a tenant, or NotFound.
	Get(ctx context.Context, tenant, id string) (Database, error)
	// ByHash returns the database whose token, or whose token before, has a hash, or NotFound.
	ByHash(ctx context.Context, hash string) (Database, error)
	// Delete removes a database; none is no error.
	Delete(ctx context.Context, tenant, id string) error
}

// Service keeps databases.
type Service struct {
	Store     Store
	Documents *document.Service
	Clock     kernel.Clock
}

// idOf is the id of the database with a name of a stage.
func idOf(scope kernel.Scope, name string) string {
	return idPrefix + hashOf(scope.String() + "/" + name)[:26]
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Ensure has a database be as declared, opened by a token, which begins with TokenPrefix.
// Another token than before leaves that one open for an hour. A collection that is no
// longer declared keeps its documents until the database is removed.
func (s *Service) Ensure(ctx context.Context, scope kernel.Scope, name string, c Collections, token string) error {
	if err := c.Check(); err != nil {
		return err
	}
	d := Database{ID: idOf(scope, name), Scope: scope, Name: name, Collections: c, Hash: hashOf(token)}
	before, err := s.Store.Get(ctx, scope.Tenant, d.ID)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	for _, collection := range d.all() {
		if err := s.Documents.Declare(ctx, scope, collection); err != nil {
			return err
		}
	}
	d.Former, d.RotatedAt = before.Former, before.RotatedAt
	if before.Hash != "" && before.Hash != d.Hash {
		d.Former, d.RotatedAt = before.Hash, s.Clock.Now()
	}
	return s.Store.Put(ctx, d)
}

// Get returns the database with a name of a stage, or NotFound.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, name string) (Database, error) {
	return s.Store.Get(ctx, scope.Tenant, idOf(scope, name))
}

// Delete removes a database with its documents; none is no error.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	all, err := s.Documents.Collections(ctx, scope)
	if err != nil {
		return err
	}
	if err := s.Store.Delete(ctx, scope.Tenant, idOf(scope, name)); err != nil { // nobody writes from now on
		return err
	}
	for _, c := range all {
		if strings.HasPrefix(c.Name, name+".") {
			if err := s.Documents.Clear(ctx, scope, c.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Authenticate returns who a token stands for: an actor that may use one database, and do
// nothing else.
func (s *Service) Authenticate(ctx context.Context, token string) (kernel.Actor, error) {
	hash := hashOf(token)
	d, err := s.Store.ByHash(ctx, hash)
	if kernel.Is(err, kernel.NotFound) || err == nil && hash != d.Hash && s.Clock.Now().After(d.RotatedAt.Add(overlap)) {
		return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the token is not valid").WithFix("take that of the resource, which the workload is started with")
	}
	if err != nil {
		return kernel.Actor{}, err
	}
	return kernel.Actor{ID: d.ID, Name: "database " + d.Name, Kind: kernel.ActorService, Tenant: d.Scope.Tenant, Session: d.ID}, nil
}

// Opened returns the database that the token of ctx opens.
func (s *Service) Opened(ctx context.Context) (Database, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return Database{}, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("send the database's token as Authorization: Bearer %s…", TokenPrefix)
	}
	if !strings.HasPrefix(actor.Session, idPrefix) {
		return Database{}, kernel.Errorf(kernel.Denied, "this is for workloads, with the token of a database of theirs")
	}
	return s.Store.Get(ctx, actor.Tenant, actor.Session)
}

// Collection returns a collection of the database, or NotFound.
func (d Database) Collection(name string) (document.Collection, error) {
	indexes, ok := d.Collections[name]
	if !ok {
		return document.Collection{}, kernel.Errorf(kernel.NotFound, "the database has no collection %.80q", name).
			WithFix("declare it with the resource; there are: %s", strings.Join(slices.Sorted(maps.Keys(d.Collections)), ", "))
	}
	return collection(d.Name, name, indexes), nil
}

func collection(database, name string, indexes map[string]string) document.Collection {
	c := document.Collection{Name: database + "." + name}
	for _, x := range slices.Sorted(maps.Keys(indexes)) {
		c.Indexes = append(c.Indexes, document.Index{Name: x, Path: strings.Split(indexes[x], ".")})
	}
	return c
}

func (d Database) all() (out []document.Collection) {
	for _, name := range slices.Sorted(maps.Keys(d.Collections)) {
		out = append(out, collection(d.Name, name, d.Collections[name]))
	}
	return out
}

// Check tells what is wrong with declared collections.
func (c Collections) Check() error {
	if len(c) == 0 || len(c) > maxCollections {
		return kernel.Errorf(kernel.Invalid, "a database with %d collections cannot be made", len(c)).WithFix("declare 1 to %d", maxCollections)
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		made := collection("x", name, c[name])
		err := made.Check()
		if err == nil && strings.Contains(name, ".") {
			err = fmt.Errorf("a dot is in its name")
		}
		if err != nil {
			return kernel.Errorf(kernel.Invalid, "the collection %.80q cannot be made: %w", name, err)
		}
	}
	return nil
}
