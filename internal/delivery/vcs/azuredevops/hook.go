package azuredevops

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// notification is a service hook's body, as far as it is read.
type notification struct {
	SubscriptionID string          `json:"subscriptionId"`
	NotificationID int64           `json:"notificationId"`
	EventType      string          `json:"eventType"`
	CreatedDate    time.Time       `json:"createdDate"`
	Resource       json.RawMessage `json:"resource"`
}

// person is IdentityRef.
type person struct {
	DisplayName string `json:"displayName"`
	UniqueName  string `json:"uniqueName"`
}

func (p person) name() string {
	if p.UniqueName != "" {
		return p.UniqueName
	}
	return p.DisplayName
}

// where is the repository that an event is about.
type where struct {
	Name    string `json:"name"`
	Project struct {
		Name string `json:"name"`
	} `json:"project"`
}

func (w where) is(r vcs.Remote) bool {
	_, project, _ := strings.Cut(r.Owner, "/")
	return strings.EqualFold(w.Name, r.Name) && strings.EqualFold(w.Project.Name, project)
}

// Receive checks the password of basic authentication, which Azure DevOps sends
// with every notification of a subscription that has one, and reads the event.
func (Host) Receive(a vcs.Access, header http.Header, body []byte) (vcs.Incoming, error) {
	_, password, ok := (&http.Request{Header: header}).BasicAuth()
	given, wanted := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(a.Credentials.Hook))
	if subtle.ConstantTimeCompare(given[:], wanted[:]) != 1 || !ok || a.Credentials.Hook == "" {
		return vcs.Incoming{}, kernel.Errorf(kernel.Unauthenticated, "the service hook's password is not right").
			WithFix("give the subscription, as its basic authentication password, the secret that terrace repo renew makes")
	}
	var n notification
	if err := json.Unmarshal(body, &n); err != nil || n.SubscriptionID == "" || n.EventType == "" {
		return vcs.Incoming{}, kernel.Errorf(kernel.Invalid, "the body is no notification of a service hook")
	}
	in := vcs.Incoming{Key: fmt.Sprintf("%s/%d", n.SubscriptionID, n.NotificationID)}
	var err error
	switch n.EventType {
	case "git.push":
		in.Event, err = pushOf(a.Repository.Remote, n)
	case "git.pullrequest.created", "git.pullrequest.updated", "git.pullrequest.merged":
		in.Event, err = pullOf(a.Repository.Remote, n)
	case "ms.vss-code.git-pullrequest-comment-event":
		in.Event, err = commandOf(a.Repository.Remote, n)
	}
	if err != nil {
		return in, kernel.Errorf(kernel.Invalid, "the resource of %s cannot be read: %w", n.EventType, err)
	}
	return in, nil
}

func pushOf(r vcs.Remote, n notification) (vcs.Event, error) {
	var p struct {
		Repository where  `json:"repository"`
		PushedBy   person `json:"pushedBy"`
		RefUpdates []struct {
			Name        string `json:"name"`
			OldObjectID string `json:"oldObjectId"`
			NewObjectID string `json:"newObjectId"`
		} `json:"refUpdates"`
	}
	if err := json.Unmarshal(n.Resource, &p); err != nil || !p.Repository.is(r) || len(p.RefUpdates) == 0 {
		return vcs.Event{}, err //nolint:wrapcheck // its caller says what was read
	}
	ref := p.RefUpdates[0] // a notification is about one
	return vcs.Event{Kind: vcs.PushEvent, At: n.CreatedDate.UTC(), Push: vcs.Push{Ref: ref.Name, Before: ref.OldObjectID, After: ref.NewObjectID, By: p.PushedBy.name()}}, nil
}

type commit struct {
	CommitID string `json:"commitId"`
}

func pullOf(r vcs.Remote, n notification) (vcs.Event, error) {
	var p struct {
		Repository            where           `json:"repository"`
		PullRequestID         int             `json:"pullRequestId"`
		Status                string          `json:"status"`
		MergeStatus           string          `json:"mergeStatus"`
		CreatedBy             person          `json:"createdBy"`
		ClosedBy              person          `json:"closedBy"`
		Title                 string          `json:"title"`
		SourceRefName         string          `json:"sourceRefName"`
		TargetRefName         string          `json:"targetRefName"`
		LastMergeSourceCommit commit          `json:"lastMergeSourceCommit"`
		LastMergeTargetCommit commit          `json:"lastMergeTargetCommit"`
		LastMergeCommit       commit          `json:"lastMergeCommit"`
		ForkSource            json.RawMessage `json:"forkSource"`
	}
	if err := json.Unmarshal(n.Resource, &p); err != nil || !p.Repository.is(r) || p.PullRequestID == 0 {
		return vcs.Event{}, err //nolint:wrapcheck // its caller says what was read
	}
	pull := vcs.Pull{
		Number: p.PullRequestID, Title: p.Title, Author: p.CreatedBy.name(), By: p.CreatedBy.name(), State: vcs.Open,
		Fork:   len(p.ForkSource) > 0 && string(p.ForkSource) != "null",
		Source: strings.TrimPrefix(p.SourceRefName, "refs/heads/"), Target: strings.TrimPrefix(p.TargetRefName, "refs/heads/"),
		Head: p.LastMergeSourceCommit.CommitID, Base: p.LastMergeTargetCommit.CommitID,
	}
	switch p.Status {
	case "active":
	case "completed": // a merge that is only tried is told while the request is active
		pull.State, pull.MergeCommit = vcs.Merged, p.LastMergeCommit.CommitID
		if p.ClosedBy.name() != "" {
			pull.By = p.ClosedBy.name()
		}
	case "abandoned":
		pull.State = vcs.Closed
	default:
		return vcs.Event{}, nil
	}
	return vcs.Event{Kind: vcs.PullEvent, At: n.CreatedDate.UTC(), Pull: pull}, nil
}

// commandOf reads a new comment that is a command. Who may read the repository may
// comment, and nothing tells whether they may do more.
func commandOf(r vcs.Remote, n notification) (vcs.Event, error) {
	var e struct {
		Comment struct {
			Author      person    `json:"author"`
			Content     string    `json:"content"`
			IsDeleted   bool      `json:"isDeleted"`
			Published   time.Time `json:"publishedDate"`
			LastChanged time.Time `json:"lastContentUpdatedDate"`
		} `json:"comment"`
		PullRequest struct {
			Repository    where `json:"repository"`
			PullRequestID int   `json:"pullRequestId"`
		} `json:"pullRequest"`
	}
	if err := json.Unmarshal(n.Resource, &e); err != nil || !e.PullRequest.Repository.is(r) || e.PullRequest.PullRequestID == 0 {
		return vcs.Event{}, err //nolint:wrapcheck // its caller says what was read
	}
	word := vcs.CommandIn(e.Comment.Content)
	if word == "" || e.Comment.IsDeleted || e.Comment.LastChanged.After(e.Comment.Published) {
		return vcs.Event{}, nil
	}
	return vcs.Event{
		Kind: vcs.CommandSaid, At: n.CreatedDate.UTC(),
		Command: vcs.Command{Number: e.PullRequest.PullRequestID, Word: word, By: e.Comment.Author.name(), Member: true},
	}, nil
}
