package document

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a document, which are those of the narrowest store.
const (
	// MaxBody is how large a body may be in its canonical form, in bytes.
	MaxBody = 256 << 10
	// MaxDepth is how deep objects and arrays may be in each other.
	MaxDepth = 24
	// MaxID is how long an id may be, in bytes.
	MaxID = 256
	// MaxKey is how long a text may be that an index is on, in bytes.
	MaxKey = 512
	// MaxIndexes is how many indexes a collection may have.
	MaxIndexes = 8
	// MaxBatch is how many documents a batch may change.
	MaxBatch = 25
	// MaxDigits is how many significant digits a number may have.
	MaxDigits = 34
)

// Place is a collection of a scope. It is a part of every call, so that nothing of
// another tenant can be reached by leaving it out.
type Place struct {
	Scope      kernel.Scope
	Collection string
}

// String returns the place as tenant/project/stage/collection; a part that is empty stays.
func (p Place) String() string {
	return strings.Join([]string{p.Scope.Tenant, p.Scope.Project, p.Scope.Stage, p.Collection}, "/")
}

// Document is one document.
type Document struct {
	ID string `json:"id"`
	// Revision grows with each change, also over a removal.
	Revision int64 `json:"revision"`
	// Body is an object in canonical form, see Canonical.
	Body      json.RawMessage `json:"body"`
	UpdatedAt time.Time       `json:"updatedAt"`
	// ExpiresAt is the end of its life, the zero time for none.
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	// Keys are the ordered keys of its values, by index; a value that is no scalar, or is
	// missing, has none.
	Keys map[string]string `json:"-"`
}

// IsOver reports whether the document's life has ended.
func (d Document) IsOver(now time.Time) bool {
	return !d.ExpiresAt.IsZero() && !now.Before(d.ExpiresAt)
}

// Index is a value of documents that can be asked for.
type Index struct {
	Name string `json:"name"`
	// Path are the members from the top to the value.
	Path []string `json:"path"`
}

// Collection is what is declared of a collection.
type Collection struct {
	Name    string  `json:"name"`
	Indexes []Index `json:"indexes,omitempty"`
}

// nameOf is how collections and indexes may be called: a collection of a database has its
// name before a dot. The names that begin with an
// underscore are this room's own.
var nameOf = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}(\.[a-z0-9][a-z0-9_-]{0,62})?$`)

// Check tells what is wrong with a declaration.
func (c Collection) Check() error {
	var problems []kernel.Problem
	add := func(path, format string, args ...any) {
		problems = append(problems, kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	if !nameOf.MatchString(c.Name) {
		add("name", "%q is no name of a collection: lower case letters, digits, _ and -, at most 63, with a dot between two such words at most", c.Name)
	}
	if len(c.Indexes) > MaxIndexes {
		add("indexes", "there are %d, and at most %d can be", len(c.Indexes), MaxIndexes)
	}
	seen := map[string]bool{}
	for i, x := range c.Indexes {
		at := fmt.Sprintf("indexes[%d]", i)
		if !nameOf.MatchString(x.Name) || strings.Contains(x.Name, ".") || seen[x.Name] {
			add(at+".name", "%q is no name of an index, or is there twice", x.Name)
		}
		seen[x.Name] = true
		if len(x.Path) == 0 || len(x.Path) > MaxDepth {
			add(at+".path", "it has %d members, and 1 to %d can be", len(x.Path), MaxDepth)
		}
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the collection %q is not declared well", c.Name).WithProblems(problems...)
	}
	return nil
}

// index returns an index by its name.
func (c Collection) index(name string) (Index, bool) {
	for _, x := range c.Indexes {
		if x.Name == name {
			return x, true
		}
	}
	return Index{}, false
}

// checkID refuses what cannot be a document's id.
func checkID(id string) error {
	if id == "" || len(id) > MaxID || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
		return kernel.Errorf(kernel.Invalid, "%.40q cannot be the id of a document", id).
			WithFix("use 1 to %d bytes of UTF-8 without the character NUL", MaxID)
	}
	return nil
}
