package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// greet tells a person where to ask the models and how, once they answer.
func (a *app) greet(dial func(context.Context) (net.Conn, error), at Addresses) error {
	if a.o.Greeting == nil {
		return nil
	}
	conn, err := grpc.NewClient("passthrough:///predict",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return dial(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("connect to predict in this process: %w", err)
	}
	ready, done := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(done)
		select {
		case <-ready:
			a.introduce(ctx, predictv1.NewPredictServiceClient(conn), at)
		case <-ctx.Done():
		}
	}()
	a.stack.Push("greeting", func(context.Context) error {
		cancel()
		<-done
		return conn.Close()
	})
	tell := sync.OnceFunc(func() { close(ready) })
	a.readiness.Watch(func(err error) {
		if err == nil {
			tell()
		}
	})
	return nil
}

// introduced is how many models the greeting shows, at most.
const introduced = 5

func (a *app) introduce(ctx context.Context, client predictv1.PredictServiceClient, at Addresses) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var text bytes.Buffer
	api := "http://" + local(at.API)
	if a.o.Gateway.TLSCert != "" {
		api = "https://" + local(at.API)
	}
	if a.o.Auth.On() { // nor does the greeting know a key
		fmt.Fprintf(&text, "\nCallers are asked who they are: curl %s/v2 -H \"Authorization: Bearer $KEY\"\n", api)
		_, _ = a.o.Greeting.Write(text.Bytes())
		return
	}
	list, err := client.ListModels(ctx, &predictv1.ListModelsRequest{PageSize: introduced})
	for _, m := range list.GetModels() {
		if m.GetDefaultVersion() == 0 || err != nil {
			continue // it cannot answer
		}
		var model *predictv1.GetModelResponse
		if model, err = client.GetModel(ctx, &predictv1.GetModelRequest{Name: m.GetName()}); err == nil {
			introduceModel(&text, model, m.GetName() == list.GetDefaultModel(), api)
		}
	}
	if err != nil {
		a.log.Warn("the models cannot be introduced", "error", err)
		return
	}
	fmt.Fprintf(&text, "\nMore: %s/docs; gRPC: %s; metrics: http://%s/metrics\n", api, local(at.GRPC), local(at.Admin))
	_, _ = a.o.Greeting.Write(text.Bytes()) // nobody reads it, then
}

// introduceModel writes what a model is and a command that asks it.
func introduceModel(w io.Writer, m *predictv1.GetModelResponse, isDefault bool, api string) {
	s := m.GetSignature()
	kind := "regression"
	if s.GetTask() == predictv1.Task_TASK_CLASSIFICATION {
		kind = "classification"
	}
	fmt.Fprintf(w, "\n%s, version %d: %s by %s %s", m.GetName(), m.GetVersion().GetVersion(), kind, m.GetOrigin().GetLibrary(), m.GetOrigin().GetLibraryVersion())
	if n := m.GetOrigin().GetCertifiedRows(); n > 0 {
		fmt.Fprintf(w, ", gives the library's own numbers for %d rows", n)
	}
	path, body := "/predict", record(s.GetFeatures())
	if !isDefault {
		path, body = "/v1/models/"+m.GetName()+":predict", `{"instances": [`+body+`]}`
	}
	fmt.Fprintf(w, "\n  curl %s%s -H 'Content-Type: application/json' -d %s\n", api, path, quoted(body))
}

// record is a row that a model accepts, as JSON: ones, and the first of the
// values it knows.
func record(features []*predictv1.Feature) string {
	var b strings.Builder
	for i, f := range features {
		if i > 0 {
			b.WriteString(", ")
		}
		var value any = 1
		if f.GetType() == predictv1.FeatureType_FEATURE_TYPE_STRING {
			value = ""
			if known := f.GetCategories(); len(known) > 0 {
				value = known[0]
			}
		}
		b.WriteString(text(f.GetName()) + ": " + text(value))
	}
	return "{" + b.String() + "}"
}

// text is a string or number as JSON, with <, > and & as they are.
func text(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // a string or number is always encoded
	return strings.TrimSuffix(b.String(), "\n")
}

// quoted is a word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// local is an address as a person on this machine would write it.
func local(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
