// Package build builds folders of repositories on the server: what a Score file
// calls the image of a container is made from a commit, kept as an artifact, and
// made once for as long as the folder stays the same.
//
// It owns which folders are to be built and how that went, who builds them while
// which lease lasts, and their order. It does not know how a folder becomes an
// archive (delivery/bundle), what a compiler may see and take (buildexec), who may
// have what built (delivery/source), or where archives are kept (delivery/release).
package build
