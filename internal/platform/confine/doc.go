// Package confine starts programs in a place of their own, by the namespaces of
// Linux, and tells what a tree of processes uses: which files they see, which
// processes, and how much memory they have.
//
// It owns mounts, process trees and resource limits of the kernel. It does not
// know what is started, nor does it decide what happens to who uses too much.
package confine
