// Package azuredevops speaks to Azure DevOps: its service hooks, its statuses,
// its comments, by its REST API 7.1.
//
// It owns what Azure DevOps's words mean in those of delivery/vcs. It keeps
// nothing and decides nothing.
package azuredevops

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/outbound"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

const (
	// public is the address of Azure DevOps Services.
	public     = "https://dev.azure.com"
	apiVersion = "7.1"
)

// Host is Azure DevOps.
type Host struct {
	// Guard says which addresses may be called: whoever connects a repository names one.
	Guard egress.Guard
}

// repository is the part of GitRepository that is read.
type repository struct {
	DefaultBranch string `json:"defaultBranch"`
	RemoteURL     string `json:"remoteUrl"`
}

// Find asks Azure DevOps for the repository.
func (h Host) Find(ctx context.Context, a vcs.Access) (vcs.Found, error) {
	organization, project, ok := strings.Cut(a.Repository.Remote.Owner, "/")
	if !ok || organization == "" || project == "" || strings.Contains(project, "/") || a.Repository.Remote.Name == "" {
		return vcs.Found{}, kernel.Errorf(kernel.Invalid, "%q is no repository on Azure DevOps", a.Repository.Remote.Owner+"/"+a.Repository.Remote.Name).
			WithFix("write ORGANIZATION/PROJECT/REPOSITORY")
	}
	var r repository
	if err := h.call(ctx, a, http.MethodGet, "", nil, &r); err != nil {
		return vcs.Found{}, err
	}
	clone, err := url.Parse(r.RemoteURL)
	if err != nil {
		return vcs.Found{}, kernel.Errorf(kernel.Unavailable, "Azure DevOps names no address to clone from")
	}
	clone.User = nil // it names the organization there
	return vcs.Found{DefaultBranch: strings.TrimPrefix(r.DefaultBranch, "refs/heads/"), Clone: clone.String()}, nil
}

// MayApply refuses: a comment's event does not tell what its author may do.
func (Host) MayApply(context.Context, vcs.Access, string) error {
	return kernel.Errorf(kernel.Refused, "readers comment as well, and azuredevops does not say who is more than that")
}

// Remote is where and how commits are fetched.
func (h Host) Remote(a vcs.Access) gitexec.Remote {
	name := a.Credentials.Username
	if name == "" {
		name = "terrace"
	}
	return gitexec.Remote{URL: a.Repository.Remote.Clone, Username: name, Password: a.Credentials.Token, Guard: &h.Guard}
}

// status is GitStatus as it is sent.
type status struct {
	State       string `json:"state"`
	Description string `json:"description"`
	TargetURL   string `json:"targetUrl,omitempty"`
	Context     struct {
		Name  string `json:"name"`
		Genre string `json:"genre"`
	} `json:"context"`
}

// SetStatus sets a commit's status. The one that sums up the others is also the
// pull request's, as branch policies ask for that.
func (h Host) SetStatus(ctx context.Context, a vcs.Access, s vcs.Status) error {
	out := status{State: state(s.State), Description: s.Description, TargetURL: s.URL}
	genre, name, ok := strings.Cut(s.Context, "/")
	if !ok {
		name = "all"
	}
	out.Context.Genre, out.Context.Name = genre, name
	if err := h.call(ctx, a, http.MethodPost, "/commits/"+url.PathEscape(s.Commit)+"/statuses", out, nil); err != nil {
		return err
	}
	if s.Context != vcs.Overall || s.Number == 0 {
		return nil
	}
	return h.call(ctx, a, http.MethodPost, "/pullRequests/"+strconv.Itoa(s.Number)+"/statuses", out, nil)
}

func state(s vcs.CheckState) string {
	switch s {
	case vcs.Pending:
		return "pending"
	case vcs.Succeeded:
		return "succeeded"
	default:
		return "failed"
	}
}

// newComment and newThread are what is sent of Comment and
// GitPullRequestCommentThread, whose words have numbers on the way there.
type newComment struct {
	Content string `json:"content"`
	// Type 1 is text.
	Type int `json:"commentType,omitempty"`
}

type newThread struct {
	Comments []newComment `json:"comments"`
	// Status 4 is closed: an active thread would hold the merge up where a policy
	// wants all of them resolved.
	Status int `json:"status"`
}

// thread is what is read of one.
type thread struct {
	ID       int `json:"id"`
	Comments []struct {
		ID        int    `json:"id"`
		Content   string `json:"content"`
		IsDeleted bool   `json:"isDeleted"`
	} `json:"comments"`
}

// PutComment writes the one comment: the first of a thread of its own. Its id is
// THREAD/COMMENT.
func (h Host) PutComment(ctx context.Context, a vcs.Access, number int, id, marker, text string) (string, error) {
	threads := "/pullRequests/" + strconv.Itoa(number) + "/threads"
	if id == "" {
		var err error
		if id, err = h.find(ctx, a, threads, marker); err != nil {
			return "", err
		}
	}
	if th, c, ok := strings.Cut(id, "/"); ok {
		err := h.call(ctx, a, http.MethodPatch, threads+"/"+url.PathEscape(th)+"/comments/"+url.PathEscape(c), newComment{Content: text}, nil)
		if !kernel.Is(err, kernel.NotFound) {
			return id, err
		}
	}
	var made thread
	if err := h.call(ctx, a, http.MethodPost, threads, newThread{Comments: []newComment{{Content: text, Type: 1}}, Status: 4}, &made); err != nil {
		return "", err
	}
	if len(made.Comments) == 0 {
		return "", kernel.Errorf(kernel.Unavailable, "Azure DevOps does not say which comment it made")
	}
	return fmt.Sprintf("%d/%d", made.ID, made.Comments[0].ID), nil
}

// find returns the id of the comment that begins with the marker, "" without one.
func (h Host) find(ctx context.Context, a vcs.Access, threads, marker string) (string, error) {
	var all struct{ Value []thread }
	if err := h.call(ctx, a, http.MethodGet, threads, nil, &all); err != nil {
		return "", err
	}
	for _, t := range all.Value {
		if len(t.Comments) > 0 && !t.Comments[0].IsDeleted && strings.HasPrefix(t.Comments[0].Content, marker) {
			return fmt.Sprintf("%d/%d", t.ID, t.Comments[0].ID), nil
		}
	}
	return "", nil
}

// call calls an operation below the repository.
func (h Host) call(ctx context.Context, a vcs.Access, method, path string, in, out any) error {
	r := a.Repository.Remote
	api := r.API
	if api == "" {
		api = public
	}
	if err := outbound.Check(api); err != nil {
		return err
	}
	organization, project, _ := strings.Cut(r.Owner, "/")
	address := strings.Join([]string{strings.TrimRight(api, "/"), url.PathEscape(organization), url.PathEscape(project), "_apis/git/repositories", url.PathEscape(r.Name)}, "/") +
		path + "?api-version=" + apiVersion
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("write to Azure DevOps: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return kernel.Errorf(kernel.Invalid, "the address of Azure DevOps cannot be used: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	client := outbound.Client(h.Guard, func(r *http.Request) { r.SetBasicAuth(a.Credentials.Username, a.Credentials.Token) })
	response, err := client.Do(request)
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "Azure DevOps cannot be reached: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	return answered(response, out)
}

// answered reads an answer. A wrong token is told with 401, or with 203 or a
// redirect to the page of a sign-in.
func answered(response *http.Response, out any) error {
	switch code := response.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusNonAuthoritativeInfo, code >= 300 && code < 400:
		return kernel.Errorf(kernel.Unavailable, "Azure DevOps does not let Terrace in").WithFix("give another token, to terrace repo connect, or to terrace repo renew NAME --token-only for one that is connected")
	case code == http.StatusForbidden:
		return kernel.Errorf(kernel.Unavailable, "Azure DevOps lets the token do less than is needed").
			WithFix("the token needs the scopes Code (read and status) and Pull request threads (read and write)")
	case code == http.StatusNotFound:
		return kernel.Errorf(kernel.NotFound, "Azure DevOps knows no such repository, or the token may not see it")
	case code >= 300:
		return kernel.Errorf(kernel.Unavailable, "Azure DevOps answers with status %d", code)
	case out == nil:
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the answer of Azure DevOps cannot be read: %w", err)
	}
	return nil
}
