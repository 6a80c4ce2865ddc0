package topic

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func brokers(g *group) *cobra.Command {
	return &cobra.Command{
		Use: "brokers", Short: "List the brokers that topics may be on, and how they are", Args: cobra.NoArgs, Example: "  terrace topic brokers\n  terrace topic brokers -o json",
		RunE: g.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.TopicBrokers(ctx)
			return command.PrintFound(g.Env, all, err, []string{"BROKER", "KIND", "AT", "DEFAULT", "STATE"}, func(b apiclient.TopicBrokerState) []string {
				return []string{b.Name, string(b.Kind), strings.Join(b.Addresses, ", "), mark(b.Default), state(b)}
			})
		}),
	}
}

func mark(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func state(b apiclient.TopicBrokerState) string {
	said := "answers"
	if !b.Ok {
		said = "does not answer: " + b.Message
	}
	if b.Removing > 0 {
		said += "; deleted topics that wait to be removed from it: " + strconv.FormatInt(b.Removing, 10)
	}
	return said
}
