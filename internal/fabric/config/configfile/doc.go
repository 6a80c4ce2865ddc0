// Package configfile reads the configuration of a project from its files: the keys with
// their schemas, the layers with their values and flags, and what of them counts for a
// workload at a stage.
//
// It owns the layout of the files, the order of the layers, validation with the place of
// each problem, and the difference between two revisions. It reads no repository and
// knows no secret: a reference stays one. The client links it, to validate offline.
package configfile
