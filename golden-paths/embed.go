// Package goldenpaths carries the golden paths that Terrace ships, so that the
// client scaffolds without a server and without a network.
//
// It owns the files alone; catalog/goldenpath gives them their meaning. Files
// of a skeleton whose name would matter to the Go tool (go.mod, *.go) end in
// .tmpl: the step fetch:template strips that ending, see its templateFileExtension.
package goldenpaths

import "embed"

// Shipped holds one folder per golden path, each with its template.yaml.
//
//go:embed all:go-service
var Shipped embed.FS
