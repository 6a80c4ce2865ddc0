package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"sigs.k8s.io/yaml"
)

// linkerdAt is a commit of the branch version-2.20 whose definitions are read; they are part of a
// chart, and are fetched from its repository: make generate, which CI runs, leaves them be.
const (
	linkerdSource = "https://github.com/linkerd/linkerd2"
	linkerdAt     = "eadc1acf79ad2e766afbdceadb77f1594296fd77"
)

// linkerd adds the kinds that a mesh is rendered to, in the versions that are rendered.
func linkerd(all map[string]any) error {
	folder, err := os.MkdirTemp("", "linkerd")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := git(folder, "init", "--quiet", "--bare"); err != nil {
		return err
	}
	if err := git(folder, "fetch", "--quiet", "--depth", "1", linkerdSource, linkerdAt); err != nil {
		return err
	}
	for file, version := range map[string]string{
		"policy/server.yaml": "v1beta3", "policy/authorization-policy.yaml": "v1alpha1", "policy/meshtls-authentication.yaml": "v1alpha1",
		"policy/network-authentication.yaml": "v1alpha1", "gateway.networking.k8s.io_httproutes.yaml": "v1", "gateway.networking.k8s.io_grpcroutes.yaml": "v1",
	} {
		text, err := exec.Command("git", "-C", folder, "show", "FETCH_HEAD:charts/linkerd-crds/templates/"+file).Output() //nolint:noctx // constants, in a generator
		if err != nil {
			return fmt.Errorf("read %s of Linkerd: %w", file, err)
		}
		var crd definition
		if err := yaml.Unmarshal([]byte(plain(string(text))), &crd); err != nil {
			return fmt.Errorf("read %s of Linkerd: %w", file, err)
		}
		crd.add(all, version)
	}
	return nil
}

// plain leaves out what the chart fills in, which is nothing of the definitions.
func plain(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "{{") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func git(folder string, args ...string) error {
	if out, err := exec.Command("git", append([]string{"-C", folder}, args...)...).CombinedOutput(); err != nil { //nolint:noctx // constants, in a generator
		return fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}
