package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/accesstest"
	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// needed is what every method asks of its callers: an action, on the model that
// the message names or (some) on any. Reading a method's name here is how to
// learn who may call it.
var needed = map[string]string{
	"/treehouse.predict.v1.PredictService/Predict":    "predict",
	"/treehouse.predict.v1.PredictService/ListModels": "some metadata",
	"/treehouse.predict.v1.PredictService/GetModel":   "metadata",

	"/inference.GRPCInferenceService/ServerLive":            "public",
	"/inference.GRPCInferenceService/ServerReady":           "public",
	"/inference.GRPCInferenceService/ServerMetadata":        "some metadata",
	"/inference.GRPCInferenceService/ModelReady":            "metadata",
	"/inference.GRPCInferenceService/ModelMetadata":         "metadata",
	"/inference.GRPCInferenceService/ModelInfer":            "predict",
	"/inference.GRPCInferenceService/ModelStreamInfer":      "predict",
	"/inference.GRPCInferenceService/RepositoryIndex":       "some metadata",
	"/inference.GRPCInferenceService/RepositoryModelLoad":   "load",
	"/inference.GRPCInferenceService/RepositoryModelUnload": "load",

	"/grpc.health.v1.Health/Check": "public",
	"/grpc.health.v1.Health/List":  "public",
	"/grpc.health.v1.Health/Watch": "public",

	"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo":      "some metadata",
	"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": "some metadata",
}

// as is a context that carries an authorization; empty is none.
func as(ctx context.Context, authorization string) context.Context {
	if authorization == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", authorization)
}

func guarded(t *testing.T, policy string, names ...string) (*service, *accesstest.Files) {
	t.Helper()
	files := accesstest.New(t, policy, names...)
	s := start(t, func(o *Options) { o.Auth = files.Options() })
	s.ready()
	return s, files
}

// The authorisation matrix of every method that the server has, by its own
// description: a method that is not in the table fails it.
func TestMatrix(t *testing.T) {
	s, files := guarded(t, accesstest.OneRight, accesstest.Callers...)
	methods := described(t, s, files.Keys["metadata"])
	if len(methods) != len(needed) {
		t.Errorf("the server describes %d methods, the table has %d", len(methods), len(needed))
	}
	for _, method := range methods {
		name := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
		need, ok := needed[name]
		if !ok {
			t.Errorf("%s: nothing says who may call it", name)
			continue
		}
		cell := func(who, authorization, model string, want codes.Code) {
			t.Helper()
			err := invoke(as(t.Context(), authorization), s.conn, method, model)
			got := status.Code(err)
			if got != codes.Unauthenticated && got != codes.PermissionDenied {
				got = codes.OK // let in, whatever came of it
			}
			if got != want {
				t.Errorf("%s of %s by %s: %v, want %v", name, model, who, err, want)
			}
		}
		none, denied := codes.Unauthenticated, codes.PermissionDenied
		if need == "public" {
			none, denied = codes.OK, codes.OK
		}
		cell("nobody", "", "housing", none)
		cell("a wrong key", "Bearer "+strings.Repeat("x", 63), "housing", none)
		cell("a key that is not listed", "Bearer th_0123456789abcdef_"+strings.Repeat("x", 43), "housing", none)
		cell("another scheme", "Basic "+files.Keys["predict"], "housing", none)
		for _, caller := range accesstest.Callers {
			right := strings.TrimPrefix(need, "some ")
			want := denied
			if caller == right {
				want = codes.OK
			}
			cell(caller, "Bearer "+files.Keys[caller], "housing", want)
			if caller == right && right == need { // a model that another server may have
				cell(caller, "bearer "+files.Keys[caller], "secret", codes.PermissionDenied)
			}
		}
	}
	for _, secret := range files.Keys {
		if strings.Contains(s.log.String(), secret) || strings.Contains(s.log.String(), secret[20:]) {
			t.Error("a key is in the log")
		}
	}
}

// described asks the server for its methods, as any client could.
func described(t *testing.T, s *service, key string) (methods []protoreflect.MethodDescriptor) {
	t.Helper()
	stream, err := grpc_reflection_v1.NewServerReflectionClient(s.conn).ServerReflectionInfo(as(t.Context(), "Bearer "+key))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range answer.GetListServicesResponse().GetService() {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service.GetName()))
		if err != nil {
			t.Fatal(err)
		}
		all := found.(protoreflect.ServiceDescriptor).Methods()
		for i := range all.Len() {
			methods = append(methods, all.Get(i))
		}
	}
	return methods
}

// invoke calls any method, with a message that names the model, and returns the
// first error.
func invoke(ctx context.Context, conn *grpc.ClientConn, method protoreflect.MethodDescriptor, model string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	name := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	in, out := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
	for _, field := range []protoreflect.Name{"model", "model_name", "name"} {
		if f := method.Input().Fields().ByName(field); f != nil {
			in.Set(f, protoreflect.ValueOfString(model))
		}
	}
	if !method.IsStreamingClient() && !method.IsStreamingServer() {
		return conn.Invoke(ctx, name, in, out)
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, name)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(in); err != nil && !errors.Is(err, io.EOF) { // which RecvMsg explains
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.RecvMsg(out)
}

// Lists name what the caller may know of, and errors no other model.
func TestListsAreFiltered(t *testing.T) {
	files := accesstest.New(t, `rules:
  - {principals: ["key:some"], models: [cheap], actions: [metadata, predict]}
  - {principals: ["key:all"], models: ["*"], actions: [metadata, predict]}
`, "some", "all")
	s := start(t, func(o *Options) {
		o.Auth, o.Repository, o.DefaultModel = files.Options(), repositoryOf(t, "cheap", "dear"), "dear"
	})
	s.ready()
	typed, oip := predictv1.NewPredictServiceClient(s.conn), inference.NewGRPCInferenceServiceClient(s.conn)
	for who, want := range map[string]struct{ models, def string }{"some": {"cheap", ""}, "all": {"cheap dear", "dear"}} {
		ctx := as(t.Context(), "Bearer "+files.Keys[who])
		list, err := typed.ListModels(ctx, &predictv1.ListModelsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range list.GetModels() {
			names = append(names, m.GetName())
		}
		if got := strings.Join(names, " "); got != want.models || list.GetDefaultModel() != want.def {
			t.Errorf("%s sees %s and the default %q, want %+v", who, got, list.GetDefaultModel(), want)
		}
		index, err := oip.RepositoryIndex(ctx, &inference.RepositoryIndexRequest{})
		if err != nil || len(index.GetModels()) != len(names) {
			t.Errorf("%s has an index of %v, %v", who, index, err)
		}
	}
	// That a model exists, and that none does, are one answer to who may not ask.
	ctx := as(t.Context(), "Bearer "+files.Keys["some"])
	_, there := typed.GetModel(ctx, &predictv1.GetModelRequest{Name: "dear"})
	_, nowhere := typed.GetModel(ctx, &predictv1.GetModelRequest{Name: "nothing"})
	_, byDefault := typed.GetModel(ctx, &predictv1.GetModelRequest{})
	for _, err := range []error{there, nowhere, byDefault} {
		if !proto.Equal(status.Convert(err).Proto(), status.Convert(there).Proto()) || status.Code(err) != codes.PermissionDenied {
			t.Errorf("%v and %v", there, err)
		}
	}
	if _, err := typed.GetModel(as(t.Context(), "Bearer "+files.Keys["all"]), &predictv1.GetModelRequest{Name: "nothing"}); status.Code(err) != codes.NotFound ||
		strings.Contains(err.Error(), "cheap") {
		t.Errorf("who may ask is told %v; want that it is not found, and no other model", err)
	}
}

// A stream is checked message by message, by model and by credential.
func TestStreamsAreChecked(t *testing.T) {
	s, files := guarded(t, accesstest.OneRight, "predict")
	client := inference.NewGRPCInferenceServiceClient(s.conn)
	open := func() inference.GRPCInferenceService_ModelStreamInferClient {
		t.Helper()
		stream, err := client.ModelStreamInfer(as(t.Context(), "Bearer "+files.Keys["predict"]))
		if err != nil {
			t.Fatal(err)
		}
		sendOne(t, stream, "housing", codes.OK)
		return stream
	}
	sendOne(t, open(), "secret", codes.PermissionDenied)

	stream := open()
	files.Replace(t, accesstest.OneRight, "[]") // the key is taken away while the stream goes on
	eventuallyLogged(t, s, `"use":"keys"`)
	sendOne(t, stream, "housing", codes.Unauthenticated)
}

func sendOne(t *testing.T, stream inference.GRPCInferenceService_ModelStreamInferClient, model string, want codes.Code) {
	t.Helper()
	if err := stream.Send(&inference.ModelInferRequest{ModelName: model}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != want {
		t.Errorf("%s: %v, want %v", model, err, want)
	}
}

// Files that change are used; those that cannot be change nothing, once told.
func TestFilesAreReloaded(t *testing.T) {
	s, files := guarded(t, accesstest.OneRight, "predict", "metadata")
	client := predictv1.NewPredictServiceClient(s.conn)
	get := func(key string) codes.Code {
		_, err := client.GetModel(as(t.Context(), "Bearer "+key), &predictv1.GetModelRequest{Name: "housing"})
		return status.Code(err)
	}
	if got := get(files.Keys["metadata"]); got != codes.OK {
		t.Fatal(got)
	}
	second := files.Add(t, "metadata", time.Now().Add(time.Hour))
	eventuallyLogged(t, s, `"use":"keys"`)
	if a, b := get(files.Keys["metadata"]), get(second); a != codes.OK || b != codes.OK {
		t.Errorf("two keys of one principal: %v and %v", a, b)
	}
	lines := files.Lines()
	files.Replace(t, "rules: [{}]", lines)
	eventuallyLogged(t, s, "has no principals")
	if got := get(second); got != codes.OK {
		t.Errorf("after a broken policy: %v", got)
	}
	if _, body := s.get("/metrics"); !strings.Contains(body, `treehouse_auth_last_reload_successful{file="policy"} 0`) ||
		!strings.Contains(body, `treehouse_auth_reloads_total{file="policy",result="failed"} 1`) {
		t.Error("the broken policy is not counted")
	}
	files.Replace(t, strings.ReplaceAll(accesstest.OneRight, "key:metadata", "key:predict"), lines)
	eventuallyLogged(t, s, `reloaded","use":"policy"`)
	if a, b := get(second), get(files.Keys["predict"]); a != codes.PermissionDenied || b != codes.OK {
		t.Errorf("after another policy: %v and %v", a, b)
	}
}

func eventuallyLogged(t *testing.T, s *service, part string) {
	t.Helper()
	for range 500 {
		for line := range strings.Lines(s.log.String()) {
			if strings.Contains(line, part) && (strings.Contains(line, "reloaded") || strings.Contains(line, "cannot be used")) {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("not logged: %s\n%s", part, s.log)
}

// A service that would let in everybody, or nobody, does not start.
func TestAccessHasToBeSaid(t *testing.T) {
	files := accesstest.New(t, accesstest.OneRight, "a")
	good := files.Options()
	for want, change := range map[string]func(*Options){
		"who may call is not said: expected --auth-policy FILE with --auth-keys FILE, or --auth=off": func(o *Options) { o.Auth.Mode = "" },
		`auth is "on"; expected off, or nothing`:                                                     func(o *Options) { o.Auth.Mode = "on" },
		"auth is off, but there are":                                                                 func(o *Options) { o.Auth.Keys = good.Keys },
		"auth-policy is empty":                                                                       func(o *Options) { o.Auth.Mode, o.Auth.Keys = "", good.Keys },
		"no way to recognise callers":                                                                func(o *Options) { o.Auth.Mode, o.Auth.Policy = "", good.Policy },
		"auth-mtls is set without tls-client-ca":                                                     func(o *Options) { o.Auth = good; o.Auth.Certificates = true },
		"auth-oidc-audience is empty":                                                                func(o *Options) { o.Auth = good; o.Auth.Issuer = "https://a.example" },
		"expected an https URL":                                                                      func(o *Options) { o.Auth = good; o.Auth.Issuer, o.Auth.Audience = "http://a.example", "a" },
		"auth-keys: nowhere: open nowhere: no such file":                                             func(o *Options) { o.Auth = good; o.Auth.Keys = "nowhere" },
		"auth-policy: " + good.Keys + ": ":                                                           func(o *Options) { o.Auth = good; o.Auth.Policy = good.Keys },
	} {
		o := DefaultOptions()
		o.GRPCAddress, o.AdminAddress, o.LogOutput, o.Repository = "127.0.0.1:0", "127.0.0.1:0", io.Discard, "../models"
		o.Auth.Mode = "off"
		change(&o)
		if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// repositoryOf holds one small model under several names.
func repositoryOf(t *testing.T, names ...string) string {
	t.Helper()
	repository := t.TempDir()
	for _, name := range names {
		if err := os.CopyFS(filepath.Join(repository, name, "1"), os.DirFS("../models/housing/2")); err != nil {
			t.Fatal(err)
		}
	}
	return repository
}

// A token is for its issuer to vouch for: while its keys cannot be had, callers
// with tokens are told to come back, and those with keys are let in. Whoever has
// a choice is to ask another predict for a while.
func TestIssuerIsAway(t *testing.T) {
	files := accesstest.New(t, accesstest.OneRight, "metadata")
	s := start(t, func(o *Options) {
		o.Auth = files.Options()
		o.Auth.Issuer, o.Auth.Audience, o.Auth.IssuerWait = "http://127.0.0.1:1", "treehouse", 3*time.Second
	})
	const waits = "not ready: the keys of the tokens' issuer were not read yet\n"
	body := ""
	for end := time.Now().Add(20 * time.Second); body != waits && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		_, body = s.get("/readyz")
	}
	if body != waits {
		t.Errorf("it is %q, want %q", body, waits)
	}
	s.ready()
	client := predictv1.NewPredictServiceClient(s.conn)
	for credential, want := range map[string]codes.Code{"a.b.c": codes.Unavailable, files.Keys["metadata"]: codes.OK} {
		if _, err := client.ListModels(as(t.Context(), "Bearer "+credential), &predictv1.ListModelsRequest{}); status.Code(err) != want {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// A caller without a key is who the client certificate says; one whose key is
// wrong is nobody, whatever the certificate says.
func TestCertificatesAreIdentities(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	files := accesstest.New(t, `rules:
  - {principals: ["mtls:spiffe://shop.example/*"], models: [housing], actions: [predict]}
  - {principals: ["mtls:gateway", "key:checkout"], models: ["*"], actions: [metadata]}
`, "checkout")
	s := start(t, secured(tlstest.NewSecret(t, ca.Issue(t, "predict").Files(ca.PEM)), func(o *Options) {
		o.Auth = files.Options()
		o.Auth.Certificates = true
	}))
	s.ready()
	spiffe, err := url.Parse("spiffe://shop.example/ns/shop/sa/checkout")
	if err != nil {
		t.Fatal(err)
	}
	workload := ca.Issue(t, "checkout", func(c *x509.Certificate) { c.URIs = []*url.URL{spiffe} })
	for name, c := range map[string]struct {
		pair          tlstest.Pair
		authorization string
		predict, read codes.Code
	}{
		"a URI":                       {workload, "", codes.OK, codes.PermissionDenied},
		"a DNS name":                  {ca.Issue(t, "gateway"), "", codes.PermissionDenied, codes.OK},
		"a name without a rule":       {ca.Issue(t, "checkout"), "", codes.PermissionDenied, codes.PermissionDenied},
		"a key on top":                {workload, "Bearer " + files.Keys["checkout"], codes.PermissionDenied, codes.OK},
		"a wrong key on top":          {workload, "Bearer th_0123456789abcdef_" + strings.Repeat("x", 43), codes.Unauthenticated, codes.Unauthenticated},
		"an authorization of nothing": {workload, "Bearer", codes.Unauthenticated, codes.Unauthenticated},
	} {
		conn, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(caller(t, ca.PEM, "predict", c.pair)))
		if err != nil {
			t.Fatal(err)
		}
		client, ctx := predictv1.NewPredictServiceClient(conn), as(t.Context(), c.authorization)
		if _, err := client.Predict(ctx, house()); status.Code(err) != c.predict {
			t.Errorf("%s predicts: %v, want %v", name, err, c.predict)
		}
		if _, err := client.ListModels(ctx, &predictv1.ListModelsRequest{}); status.Code(err) != c.read {
			t.Errorf("%s reads: %v, want %v", name, err, c.read)
		}
		_ = conn.Close()
	}
}
