// Package signin knows where the server is and who the user is there: flags,
// environment, contexts that `terrace login` keeps, and the file that
// `terraced up` writes on this machine.
//
// It owns the order of these sources and the context file. It calls no server.
package signin

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Identity is what a call needs: where, who and for which project.
type Identity struct {
	Address string `json:"address"`
	Token   string `json:"token,omitempty"`
	Project string `json:"project,omitempty"`
	// Refresh renews Token, which ends at Expires; "" for a token that is not renewed.
	Refresh string     `json:"refresh,omitempty"`
	Expires *time.Time `json:"expires,omitempty"`
	// Session is the id of Token where a sign-in with a password made it, so that signing out
	// ends it; "" for one that somebody gave.
	Session string `json:"session,omitempty"`
	// Kept is the name of the context that the identity came from, "" for none.
	Kept string `json:"-"`
}

// Due reports whether the token is to be renewed before it is used.
func (i Identity) Due(now time.Time) bool {
	return i.Refresh != "" && (i.Expires == nil || !i.Expires.After(now.Add(early)))
}

// early is how long before its end a token is renewed.
const early = time.Minute

// Local is the file that a daemon on this machine writes for its owner.
type Local struct {
	Identity
	// Gateway is the address of the TLS gateway, DNS that of the name server.
	Gateway string `json:"gateway,omitempty"`
	DNS     string `json:"dns,omitempty"`
	// CA is the path of the root certificate.
	CA string `json:"ca,omitempty"`
}

// OfThisMachine is the name of the context that the daemon's file is, unless a
// context of that name was kept.
const OfThisMachine = "local"

// Files finds the two files from the environment.
type Files struct {
	Getenv func(string) string
}

// Contexts is the path of the context file.
func (f Files) Contexts() string {
	return filepath.Join(f.base("XDG_CONFIG_HOME", ".config"), "terrace", "contexts.json")
}

// Local is the path of the daemon's file.
func (f Files) Local() string {
	return filepath.Join(f.base("XDG_STATE_HOME", ".local/state"), "terrace", "local.json")
}

func (f Files) base(variable, fallback string) string {
	if dir := f.Getenv(variable); dir != "" {
		return dir
	}
	return filepath.Join(f.Getenv("HOME"), filepath.FromSlash(fallback))
}

// Resolve joins the sources; every field of flags wins over the environment,
// and that over the current context, or the local file where there is none.
// A kept token is used for the address that it was given for, and no other.
func (f Files) Resolve(flags Identity, context string) (Identity, error) {
	id := Identity{
		Address: cmp.Or(flags.Address, f.Getenv("TERRACE_ADDRESS")),
		Token:   cmp.Or(flags.Token, f.Getenv("TERRACE_TOKEN")),
		Project: cmp.Or(flags.Project, f.Getenv("TERRACE_PROJECT")),
	}
	if context == "" && id.Address != "" && id.Token != "" && id.Project != "" {
		return id, nil
	}
	kept, err := f.kept(context)
	if err != nil {
		return id, err
	}
	id.Address = cmp.Or(id.Address, kept.Address)
	if same(id.Address, kept.Address) {
		if id.Token == "" {
			id.Token, id.Refresh, id.Expires, id.Kept = kept.Token, kept.Refresh, kept.Expires, kept.Kept
		}
		id.Project = cmp.Or(id.Project, kept.Project)
	}
	if id.Address == "" {
		return id, kernel.Errorf(kernel.Unauthenticated, "no server is known").
			WithFix("start one on this machine with `terraced up`, or sign in with `terrace login ADDRESS`")
	}
	return id, nil
}

func (f Files) kept(context string) (Identity, error) {
	book, err := f.Known()
	if err != nil {
		return Identity{}, err
	}
	name := cmp.Or(context, book.Current)
	for _, c := range book.Contexts {
		if c.Name == name {
			c.Kept = c.Name
			return c.Identity, nil
		}
	}
	if context != "" {
		return Identity{}, unknown(context)
	}
	local, err := f.ReadLocal()
	return local.Identity, err
}

func unknown(context string) error {
	return kernel.Errorf(kernel.NotFound, "there is no context %q", context).WithFix("see `terrace context list`")
}

// Book reads the context file; one that is missing is empty.
func (f Files) Book() (Book, error) {
	var b Book
	return b, read(f.Contexts(), &b)
}

// ReadLocal reads the daemon's file; one that is missing is empty.
func (f Files) ReadLocal() (Local, error) {
	var l Local
	return l, read(f.Local(), &l)
}

func read(path string, into any) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", path, err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return kernel.Errorf(kernel.Invalid, "the sign-ins cannot be read").
			WithProblems(kernel.Problem{File: path, Message: "it is damaged: " + err.Error(), Fix: "remove the file and sign in again with `terrace login`"})
	}
	return nil
}

func same(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }
