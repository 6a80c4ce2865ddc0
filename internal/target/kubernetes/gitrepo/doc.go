// Package gitrepo changes files of a branch of a Git repository, each change
// one commit on top of what is there.
//
// It owns how a commit comes to be: trees are made without a working copy, a
// branch moves only from the commit that the change was made on, and a change
// that came too late is made again on the new one. It does not know what is in
// the files.
package gitrepo
