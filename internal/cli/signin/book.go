package signin

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Context is an identity under a name.
type Context struct {
	Name string `json:"name"`
	Identity
}

// Book is the content of the context file.
type Book struct {
	Current  string    `json:"current"`
	Contexts []Context `json:"contexts"`
}

// Known is the context file with the server on this machine among its contexts;
// that is the current one where no other is.
func (f Files) Known() (Book, error) {
	book, err := f.Book()
	if err != nil {
		return book, err
	}
	local, err := f.ReadLocal()
	if err != nil || local.Address == "" || book.has(OfThisMachine) {
		return book, err
	}
	book.Contexts = append(book.Contexts, Context{Name: OfThisMachine, Identity: local.Identity})
	if !book.has(book.Current) {
		book.Current = OfThisMachine
	}
	return book, nil
}

func (b Book) has(name string) bool {
	return slices.ContainsFunc(b.Contexts, func(c Context) bool { return c.Name == name })
}

// Keep adds or replaces a context and makes it the current one.
func (f Files) Keep(c Context) error {
	book, err := f.Book()
	if err != nil {
		return err
	}
	book.Contexts = slices.DeleteFunc(book.Contexts, func(o Context) bool { return o.Name == c.Name })
	book.Contexts = append(book.Contexts, c)
	slices.SortFunc(book.Contexts, func(a, b Context) int { return strings.Compare(a.Name, b.Name) })
	book.Current = c.Name
	return f.write(book)
}

// Renewed replaces what changes when the token of a context is renewed.
func (f Files) Renewed(name string, id Identity) error {
	book, err := f.Book()
	if err != nil {
		return err
	}
	for i := range book.Contexts {
		if c := &book.Contexts[i]; c.Name == name {
			c.Token, c.Refresh, c.Expires = id.Token, id.Refresh, id.Expires
		}
	}
	return f.write(book)
}

// Forget removes a context. Where it was the current one, none is.
func (f Files) Forget(name string) error {
	book, err := f.Book()
	if err != nil {
		return err
	}
	if !book.has(name) {
		return unknown(name)
	}
	book.Contexts = slices.DeleteFunc(book.Contexts, func(c Context) bool { return c.Name == name })
	if book.Current == name {
		book.Current = ""
	}
	return f.write(book)
}

// Use makes a context the current one.
func (f Files) Use(name string) error {
	known, err := f.Known()
	if err != nil {
		return err
	}
	if !known.has(name) {
		return unknown(name)
	}
	book, err := f.Book() // without the one of this machine, whose token stays in its file
	if err != nil {
		return err
	}
	book.Current = name
	return f.write(book)
}

// write replaces the file as a whole; only its owner can read it.
func (f Files) write(b Book) error {
	raw, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return kernel.Errorf(kernel.Internal, "encode the contexts: %w", err)
	}
	path := f.Contexts()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the folder of %s cannot be made: %w", path, err)
	}
	if err := os.WriteFile(path+".new", append(raw, '\n'), 0o600); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the context cannot be kept: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the context cannot be kept: %w", err)
	}
	return nil
}
