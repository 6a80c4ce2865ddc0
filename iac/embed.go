// Package iac holds the Terraform code that comes with Terrace, as files to
// publish. It owns no Go code that uses them: delivery/module does.
package iac

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// local has, below the folder local, the modules and the definitions of the
// target local.
//
//go:embed local
var local embed.FS

// kubernetes has, below the folder kubernetes, the modules and the definitions
// of the runtime kubernetes.
//
//go:embed kubernetes
var kubernetes embed.FS

// azure has the modules and definitions of the target azure that need more than
// one module of the tree.
//
//go:embed azure
var azure embed.FS

// modules has what a module of the Azure tree is published with; its tests and
// examples stay here.
//
//go:embed modules/*/*.tf modules/*/modules/*/*.tf modules/*/VERSION modules/*/README.md
var modules embed.FS

// Tree is what is published of one folder.
type Tree struct {
	// System is what the addresses of its modules end with.
	System string
	// Files has the folders modules/<function> and, where it has any, definitions.
	Files fs.FS
}

// Digest returns a digest of what a tree publishes, as hex.
func (t Tree) Digest() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", t.System)
	err := fs.WalkDir(t.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(t.Files, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %x\n", name, sha256.Sum256(content))
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("what comes with Terrace for %s: %w", t.System, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Trees returns what a stage needs: of its target, and of its runtime.
func Trees(target, runtime string) []Tree {
	var trees []Tree
	switch target {
	case "local":
		trees = append(trees, Tree{"local", below(local, "local")})
	case "azure":
		trees = append(trees, Tree{"azurerm", modules}, Tree{"azurerm", below(azure, "azure")})
	}
	if runtime == "kubernetes" {
		trees = append(trees, Tree{"kubernetes", below(kubernetes, "kubernetes")})
	}
	return trees
}

// below returns a folder of an embedded tree.
func below(tree embed.FS, folder string) fs.FS {
	sub, err := fs.Sub(tree, folder)
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}
