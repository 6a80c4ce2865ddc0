//go:build !unix

package signin

// Lock does nothing where files cannot be locked: there, one process at a time is to
// use a context.
func (f Files) Lock() (unlock func(), err error) { return func() {}, nil }
