// Package vcs has the repositories that changes come from: those that Terrace
// hosts itself, and those on GitHub and Azure DevOps. A pull request is planned,
// and told so on its commit and in one comment; its merge is applied.
//
// It owns repositories and what of them holds which workload, pushes, pull
// requests, webhooks and their inbox, and what is told to whom. It does not run
// git (gitexec), serve it (githost) or know how a provider speaks (github,
// azuredevops), and it neither plans nor applies: delivery/run does.
package vcs
