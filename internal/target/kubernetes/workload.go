package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/gitrepo"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
)

// committed is the status of a workload whose manifests are in the repository.
const committed = "committed"

// Apply commits the workload's manifests, in one commit; there is none when the
// repository has them already.
func (s *Service) Apply(ctx context.Context, scope kernel.Scope, workload string, raw json.RawMessage) (map[string]any, error) {
	spec, err := decode(raw)
	if err != nil {
		return nil, err
	}
	h, err := s.home(scope, workload)
	if err != nil {
		return nil, err
	}
	objects, err := s.render(h, spec)
	if err != nil {
		return nil, err
	}
	files, err := h.files(objects)
	if err != nil {
		return nil, err
	}
	mesh := s.meshed(ctx, h)
	message := s.message(ctx, scope, fmt.Sprintf("%s: release %s to %s", workload, release(spec), scope.Stage), h, spec)
	commit, err := h.repo.Change(ctx, s.author(h), s.config.Clock.Now(), func(t gitrepo.Tree) (gitrepo.Edit, error) {
		return h.edit(t, files, message, mesh)
	})
	if err != nil {
		return nil, err
	}
	return h.outputs(spec, commit), nil
}

func release(spec manifest.Spec) string {
	if spec.ReleaseVersion == "" {
		return spec.Release
	}
	return spec.ReleaseVersion
}

// Observe compares the repository with what was applied. What is seen is the
// declaration, with the files that differ named in it; gone tells that the
// workload is not there at all.
func (s *Service) Observe(ctx context.Context, scope kernel.Scope, workload string, raw json.RawMessage) (seen json.RawMessage, gone bool, err error) {
	spec, err := decode(raw)
	if err != nil {
		return nil, false, err
	}
	h, err := s.home(scope, workload)
	if err != nil {
		return nil, false, err
	}
	have, err := h.read(ctx)
	if err != nil {
		return nil, false, err
	}
	if !h.has(have) {
		return nil, true, nil
	}
	drift, err := s.drift(h, spec, have)
	if err != nil || drift == "" {
		return raw, false, err
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, false, err
	}
	members["manifests"] = drift
	seen, err = json.Marshal(members)
	return seen, false, err
}

func (h home) has(have map[string][]byte) bool {
	for name := range have {
		if strings.HasPrefix(name, h.folder()+"/") {
			return true
		}
	}
	return false
}

// drift says how the repository differs from what the declaration renders. What documents of the
// mesh make there is no workload's: PutMesh commits it.
func (s *Service) drift(h home, spec manifest.Spec, have map[string][]byte) (string, error) {
	objects, err := s.render(h, spec)
	if kernel.Is(err, kernel.Invalid) {
		return "rendered by rules that do not hold any more", nil
	}
	if err != nil {
		return "", err
	}
	want, err := h.files(objects)
	if err != nil {
		return "", err
	}
	if have, err = h.undocumented(want, have); err != nil {
		return "", err
	}
	var names []string
	for _, name := range h.difference(want, have) {
		names = append(names, strings.TrimPrefix(strings.TrimPrefix(name, h.folder()+"/"), h.projectFolder()+"/"))
	}
	if len(names) == 0 {
		return "", nil
	}
	return "changed: " + strings.Join(names, ", "), nil
}

// Remove takes the workload out of the repository; what is not there is no error.
func (s *Service) Remove(ctx context.Context, scope kernel.Scope, workload string) error {
	h, err := s.home(scope, workload)
	if err != nil {
		return err
	}
	mesh := s.meshed(ctx, h)
	message := s.message(ctx, scope, fmt.Sprintf("%s: removed from %s", workload, scope.Stage), h, manifest.Spec{})
	_, err = h.repo.Change(ctx, s.author(h), s.config.Clock.Now(), func(t gitrepo.Tree) (gitrepo.Edit, error) {
		return h.removal(t, message, mesh)
	})
	return err
}

// message is the commit's: what, and for whom.
func (s *Service) message(ctx context.Context, scope kernel.Scope, title string, h home, spec manifest.Spec) string {
	lines := []string{title, "", "Workload: " + path.Join(h.place.Project, h.place.Workload), "Stage: " + h.place.Stage}
	if spec.Release != "" {
		lines = append(lines, "Release: "+spec.Release)
	}
	if actor, ok := kernel.ActorFrom(ctx); ok && actor.Kind == kernel.ActorRun {
		lines = append(lines, "Run: "+actor.ID)
		if by := s.requester(ctx, scope, actor.ID); by != "" {
			lines = append(lines, "Requested-by: "+by)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s *Service) requester(ctx context.Context, scope kernel.Scope, run string) string {
	if s.config.Requesters == nil {
		return ""
	}
	by, err := s.config.Requesters.Requester(ctx, scope, run)
	if err != nil {
		s.config.Log.WarnContext(ctx, "a commit does not name who asked for it", "run", run, "error", err)
	}
	return strings.ReplaceAll(by, "\n", " ")
}

func (s *Service) author(h home) gitrepo.Author {
	a := h.stage.Repository.Author
	if a.Name == "" {
		a.Name = "Terrace"
	}
	if a.Email == "" {
		a.Email = "terrace@localhost"
	}
	return a
}

// outputs are what Terraform is told.
func (h home) outputs(spec manifest.Spec, commit string) map[string]any {
	endpoints := map[string]any{}
	for name, p := range spec.Ports {
		endpoints[name] = fmt.Sprintf("%s.%s.svc.cluster.local:%d", h.place.Workload, h.place.Namespace(), p.Port)
	}
	notes := []any{}
	for _, note := range manifest.Notes(h.place, spec) {
		notes = append(notes, note)
	}
	return map[string]any{
		"namespace": h.place.Namespace(), "endpoints": endpoints, "status": committed, "repository": h.address,
		"folder": h.folder(), "commit": commit, "notes": notes,
	}
}
