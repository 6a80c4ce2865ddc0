// Package goldenpath turns golden paths into projects: templates in Backstage's
// format scaffolder.backstage.io/v1beta3, their parameters, steps and files.
//
// It owns loading, validation and rendering, and it works offline, from any
// fs.FS. It knows no server and no catalogue. A step whose action it does not
// have is refused before anything is written: nothing is ever skipped silently.
//
// Files of a skeleton are text with ${{ }} expressions (see Expand). With the
// input templateFileExtension of fetch:template only the files with that ending
// are rendered, and they lose it; that is how a skeleton carries a go.mod or
// Go sources without being part of the module that embeds it (go.mod.tmpl).
package goldenpath
