package github

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v84/github"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
)

var deliveryID = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)

// Receive checks X-Hub-Signature-256 against the body, and reads the event.
func (Host) Receive(a vcs.Access, header http.Header, body []byte) (vcs.Incoming, error) {
	signature := header.Get(gh.SHA256SignatureHeader)
	if !strings.HasPrefix(signature, "sha256=") || a.Credentials.Hook == "" || gh.ValidateSignature(signature, body, []byte(a.Credentials.Hook)) != nil {
		return vcs.Incoming{}, kernel.Errorf(kernel.Unauthenticated, "the webhook's signature is not right").
			WithFix("give the webhook on GitHub the secret that terrace repo renew makes")
	}
	in := vcs.Incoming{Key: header.Get(gh.DeliveryIDHeader)}
	if !deliveryID.MatchString(in.Key) {
		return in, kernel.Errorf(kernel.Invalid, "the webhook has no %s", gh.DeliveryIDHeader)
	}
	if mediaType, _, _ := strings.Cut(header.Get("Content-Type"), ";"); mediaType != "application/json" {
		return in, kernel.Errorf(kernel.Invalid, "the webhook is %s", mediaType).WithFix("choose the content type application/json on GitHub")
	}
	kind := header.Get(gh.EventTypeHeader)
	if !slices.Contains([]string{"push", "pull_request", "issue_comment"}, kind) {
		return in, nil
	}
	event, err := gh.ParseWebHook(kind, body)
	if err != nil {
		return in, kernel.Errorf(kernel.Invalid, "the webhook's body is not GitHub's: %w", err)
	}
	in.Event = eventOf(a.Repository.Remote, event)
	return in, nil
}

func eventOf(r vcs.Remote, event any) vcs.Event {
	ours := r.Owner + "/" + r.Name
	switch e := event.(type) {
	case *gh.PushEvent:
		if strings.EqualFold(e.GetRepo().GetFullName(), ours) {
			return pushOf(e)
		}
	case *gh.PullRequestEvent:
		if strings.EqualFold(e.GetRepo().GetFullName(), ours) {
			return pullOf(e)
		}
	case *gh.IssueCommentEvent:
		if strings.EqualFold(e.GetRepo().GetFullName(), ours) {
			return commandOf(e)
		}
	}
	return vcs.Event{}
}

func pushOf(e *gh.PushEvent) vcs.Event {
	return vcs.Event{
		Kind: vcs.PushEvent, At: e.GetRepo().GetPushedAt().UTC(),
		Push: vcs.Push{Ref: e.GetRef(), Before: e.GetBefore(), After: e.GetAfter(), By: e.GetSender().GetLogin()},
	}
}

// pullOf reads the actions that change what is planned or applied; others, such
// as a label, are ignored.
func pullOf(e *gh.PullRequestEvent) vcs.Event {
	state := vcs.Open
	p := e.GetPullRequest()
	switch e.GetAction() {
	case "opened", "synchronize", "reopened", "edited":
		if p.GetState() == "closed" {
			return vcs.Event{}
		}
	case "closed":
		state = vcs.Closed
		if p.GetMerged() {
			state = vcs.Merged
		}
	default:
		return vcs.Event{}
	}
	pull := vcs.Pull{
		Number: p.GetNumber(), Title: p.GetTitle(), Author: p.GetUser().GetLogin(), Source: p.GetHead().GetRef(), Target: p.GetBase().GetRef(),
		Head: p.GetHead().GetSHA(), Base: p.GetBase().GetSHA(), State: state, By: e.GetSender().GetLogin(),
		// A fork that was deleted has no repository.
		Fork: !strings.EqualFold(p.GetHead().GetRepo().GetFullName(), p.GetBase().GetRepo().GetFullName()),
	}
	if state == vcs.Merged {
		pull.MergeCommit = p.GetMergeCommitSHA()
	}
	return vcs.Event{Kind: vcs.PullEvent, At: p.GetUpdatedAt().UTC(), Pull: pull}
}

// commandOf reads a new comment that is a command.
func commandOf(e *gh.IssueCommentEvent) vcs.Event {
	word := vcs.CommandIn(e.GetComment().GetBody())
	if e.GetAction() != "created" || e.GetIssue().PullRequestLinks == nil || word == "" {
		return vcs.Event{}
	}
	member := slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, e.GetComment().GetAuthorAssociation())
	return vcs.Event{
		Kind: vcs.CommandSaid, At: later(e.GetComment().GetCreatedAt().UTC(), e.GetComment().GetUpdatedAt().UTC()),
		Command: vcs.Command{Number: e.GetIssue().GetNumber(), Word: word, By: e.GetComment().GetUser().GetLogin(), Member: member},
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
