// Package github speaks to GitHub and GitHub Enterprise: its webhooks, its
// statuses, its comments.
//
// It owns what GitHub's words mean in those of delivery/vcs, and which of its
// signatures are believed. It keeps nothing and decides nothing.
package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v84/github"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/outbound"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// public is the API of github.com.
const public = "https://api.github.com"

// Host is GitHub.
type Host struct {
	// Guard says which addresses may be called: whoever connects a repository names one.
	Guard egress.Guard
}

// client returns a client of the repository's GitHub.
func (h Host) client(a vcs.Access) (*gh.Client, error) {
	api := a.Repository.Remote.API
	if api == "" {
		api = public
	}
	if err := outbound.Check(api); err != nil {
		return nil, err
	}
	c := gh.NewClient(outbound.Client(h.Guard, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+a.Credentials.Token) }))
	base, err := c.BaseURL.Parse(strings.TrimRight(api, "/") + "/")
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the address of GitHub's API cannot be used: %w", err)
	}
	c.BaseURL = base
	return c, nil
}

// Find asks GitHub for the repository.
func (h Host) Find(ctx context.Context, a vcs.Access) (vcs.Found, error) {
	c, err := h.client(a)
	if err != nil {
		return vcs.Found{}, err
	}
	remote := a.Repository.Remote
	if remote.Owner == "" || strings.Contains(remote.Owner, "/") || remote.Name == "" {
		return vcs.Found{}, kernel.Errorf(kernel.Invalid, "%q is no repository on GitHub", remote.Owner+"/"+remote.Name).WithFix("write OWNER/REPOSITORY")
	}
	r, _, err := c.Repositories.Get(ctx, remote.Owner, remote.Name)
	if err != nil {
		return vcs.Found{}, explain("find "+remote.Owner+"/"+remote.Name, err)
	}
	return vcs.Found{DefaultBranch: r.GetDefaultBranch(), Clone: r.GetCloneURL()}, nil
}

// MayApply asks GitHub what somebody may do: members of an organization and
// collaborators may be readers.
func (h Host) MayApply(ctx context.Context, a vcs.Access, name string) error {
	c, err := h.client(a)
	if err != nil {
		return err
	}
	level, _, err := c.Repositories.GetPermissionLevel(ctx, a.Repository.Remote.Owner, a.Repository.Remote.Name, url.PathEscape(name))
	if err != nil {
		return explain("tell what "+name+" may do", err)
	}
	if p := level.GetPermission(); p != "admin" && p != "write" {
		return kernel.Errorf(kernel.Refused, "%s may only read the repository", name)
	}
	return nil
}

// Remote is where and how commits are fetched.
func (h Host) Remote(a vcs.Access) gitexec.Remote {
	name := a.Credentials.Username
	if name == "" {
		name = "x-access-token"
	}
	return gitexec.Remote{URL: a.Repository.Remote.Clone, Username: name, Password: a.Credentials.Token, Guard: &h.Guard}
}

// SetStatus sets a commit's status.
func (h Host) SetStatus(ctx context.Context, a vcs.Access, s vcs.Status) error {
	c, err := h.client(a)
	if err != nil {
		return err
	}
	status := gh.RepoStatus{State: gh.Ptr(string(s.State)), Context: gh.Ptr(s.Context), Description: gh.Ptr(s.Description)}
	if s.URL != "" {
		status.TargetURL = gh.Ptr(s.URL)
	}
	_, _, err = c.Repositories.CreateStatus(ctx, a.Repository.Remote.Owner, a.Repository.Remote.Name, s.Commit, status)
	return explain("set a commit's status", err)
}

// explain puts GitHub's errors into words that name what to do.
func explain(what string, err error) error {
	if err == nil {
		return nil
	}
	said := kernel.Errorf(kernel.Unavailable, "GitHub does not answer well to %s: %w", what, err)
	answer, ok := errors.AsType[*gh.ErrorResponse](err)
	if !ok || answer.Response == nil {
		return said
	}
	switch answer.Response.StatusCode {
	case http.StatusUnauthorized:
		return said.WithFix("give another token, to terrace repo connect, or to terrace repo renew NAME --token-only for one that is connected")
	case http.StatusForbidden, http.StatusNotFound:
		return said.WithFix("the token needs the repository permissions Contents (read), Commit statuses and Pull requests (write)")
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return said.WithFix("the repository was renamed or moved: connect it under its new name")
	default:
		return said
	}
}

// pages bounds how many pages of 100 comments are looked through.
const pages = 20

// PutComment writes the one comment of a pull request.
func (h Host) PutComment(ctx context.Context, a vcs.Access, number int, id, marker, text string) (string, error) {
	c, err := h.client(a)
	if err != nil {
		return "", err
	}
	t := thread{client: c, owner: a.Repository.Remote.Owner, name: a.Repository.Remote.Name, number: number}
	if id == "" {
		if id, err = t.find(ctx, marker); err != nil {
			return "", err
		}
	}
	if id != "" {
		gone, err := t.edit(ctx, id, text)
		if !gone {
			return id, err
		}
	}
	made, _, err := c.Issues.CreateComment(ctx, t.owner, t.name, number, &gh.IssueComment{Body: gh.Ptr(text)})
	if err != nil {
		return "", explain("comment on a pull request", err)
	}
	return fmt.Sprint(made.GetID()), nil
}

// thread is the conversation of one pull request.
type thread struct {
	client      *gh.Client
	owner, name string
	number      int
}

// find returns the id of the comment that begins with the marker, "" without one.
func (t thread) find(ctx context.Context, marker string) (string, error) {
	options := &gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: 100}}
	for range pages {
		all, response, err := t.client.Issues.ListComments(ctx, t.owner, t.name, t.number, options)
		if err != nil {
			return "", explain("read a pull request's comments", err)
		}
		for _, n := range all {
			if strings.HasPrefix(n.GetBody(), marker) {
				return fmt.Sprint(n.GetID()), nil
			}
		}
		if response.NextPage == 0 {
			break
		}
		options.Page = response.NextPage
	}
	return "", nil
}

// edit writes over a comment; gone tells that somebody has deleted it.
func (t thread) edit(ctx context.Context, id, text string) (gone bool, err error) {
	var n int64
	if _, err := fmt.Sscan(id, &n); err != nil {
		return true, nil //nolint:nilerr // it is no comment of GitHub's
	}
	_, response, err := t.client.Issues.EditComment(ctx, t.owner, t.name, n, &gh.IssueComment{Body: gh.Ptr(text)})
	if err != nil && response != nil && response.StatusCode == http.StatusNotFound {
		return true, nil
	}
	return false, explain("change a comment", err)
}
