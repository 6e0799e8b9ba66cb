package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// TestObjectStore drives the real binary against a real S3 server, which
// scripts/object-store/run.sh starts. The server sees each test's own folder of
// a bucket, with the models of this folder in it.
func TestObjectStore(t *testing.T) {
	if os.Getenv("OBJECT_STORE") == "" {
		t.Skip("not run: OBJECT_STORE names no S3 server; make object-store does")
	}
	for _, check := range []struct {
		name string
		run  func(*objectStore)
	}{
		{"serves what it finds, with the library's numbers", serveEverything},
		{"serves a desired set", serveDesired},
		{"refuses another sha256", refuseSHA256},
		{"a pinned object version outlives an overwrite", pinObjectVersion},
		{"refuses changed bytes, and goes on", refuseChange},
		{"tells who may not read, and what is not there", tellFailures},
		{"starts from the cache", startFromCache},
		{"goes on while the store is away", storeGoes},
		{"waits for a store that is away", storeComes},
		{"copies to a directory", copyFrom},
		{"logs payloads, and evaluates and replays them", logPayloads},
		{"tells that payloads may not be logged", refusePayloads},
	} {
		t.Run(strings.ReplaceAll(check.name, " ", "_"), func(t *testing.T) { check.run(newObjectStore(t)) })
	}
}

type objectStore struct {
	*testing.T
	folder string
	s3     *s3.Client // of whoever publishes models

	// The server as predict sees it, which can go away.
	url  string
	away atomic.Bool
	// gets counts the downloads of artifacts.
	gets atomic.Int32
}

const bucketName = "models-dev"

func newObjectStore(t *testing.T) *objectStore {
	t.Helper()
	o := &objectStore{T: t, folder: strings.ToLower(strings.ReplaceAll(path.Base(t.Name()), ",", ""))}
	id, secret, _ := strings.Cut(os.Getenv("OBJECT_STORE_PUBLISHER"), ":")
	o.s3 = s3.New(s3.Options{Region: "us-west-2", UsePathStyle: true, BaseEndpoint: aws.String(os.Getenv("OBJECT_STORE")),
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")})
	target, err := url.Parse(os.Getenv("OBJECT_STORE"))
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
		r.Out.Host = r.In.Host // it is signed
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.away.Load() {
			panic(http.ErrAbortHandler) // the connection ends
		}
		if strings.HasSuffix(r.URL.Path, ".joblib") {
			o.gets.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	o.url = server.URL
	models := os.DirFS("models")
	for n := 1; n <= 3; n++ {
		for _, file := range []string{"golden.json", "model.yaml", "model.joblib"} {
			name := fmt.Sprintf("housing/%d/%s", n, file)
			data, err := fs.ReadFile(models, name)
			if err != nil {
				t.Fatal(err)
			}
			o.put(name, data)
		}
	}
	return o
}

// put writes an object and returns its VersionId.
func (o *objectStore) put(name string, data []byte) string {
	o.Helper()
	out, err := o.s3.PutObject(o.Context(), &s3.PutObjectInput{Bucket: aws.String(bucketName), Key: aws.String(o.folder + "/" + name), Body: bytes.NewReader(data)})
	if err != nil {
		o.Fatal(err)
	}
	return aws.ToString(out.VersionId)
}

func (o *objectStore) remove(name string) {
	o.Helper()
	if _, err := o.s3.DeleteObject(o.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucketName), Key: aws.String(o.folder + "/" + name)}); err != nil {
		o.Fatal(err)
	}
}

func artifact(t *testing.T, version int) []byte {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("models/housing/%d/model.joblib", version))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (o *objectStore) repository(bucket string) string {
	return "s3://" + bucket + "/" + o.folder + "?region=us-west-2&use_path_style=true&endpoint=" + url.QueryEscape(o.url)
}

// predict makes the command of an identity, ID:SECRET.
func (o *objectStore) predict(identity string, args ...string) *exec.Cmd {
	id, secret, _ := strings.Cut(identity, ":")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	o.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Getenv("OBJECT_STORE_PREDICT"), args...)
	cmd.Env = []string{"AWS_ACCESS_KEY_ID=" + id, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_EC2_METADATA_DISABLED=true", "HOME=" + o.TempDir(), "TMPDIR=" + o.TempDir()}
	return cmd
}

// A server is a running predict.
type server struct {
	*objectStore
	cmd    *exec.Cmd
	client predictv1.PredictServiceClient
	admin  string

	mu  sync.Mutex
	log strings.Builder
}

// serve starts predict as whoever may read.
func (o *objectStore) serve(args ...string) *server {
	o.Helper()
	return o.serveAs(os.Getenv("OBJECT_STORE_READER"), append([]string{"--repository", o.repository(bucketName)}, args...)...)
}

func (o *objectStore) serveAs(identity string, args ...string) *server {
	o.Helper()
	s := &server{objectStore: o, cmd: o.predict(identity, append([]string{"serve", "--auth=off", "--grpc-address=127.0.0.1:0", "--admin-address=127.0.0.1:0", "--rescan=200ms"}, args...)...)}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		o.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		o.Fatal(err)
	}
	listening := make(chan [2]string, 1)
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			s.mu.Lock()
			s.log.WriteString(lines.Text() + "\n")
			s.mu.Unlock()
			var line struct{ Msg, GRPC, Admin string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
				listening <- [2]string{line.GRPC, line.Admin}
			}
		}
	}()
	o.Cleanup(func() { // of its own end, or of the minute's
		_ = s.cmd.Process.Kill()
		<-logged
		_ = s.cmd.Wait()
		for _, hush := range []string{"OBJECT_STORE_READER", "OBJECT_STORE_NOBODY", "OBJECT_STORE_PUBLISHER"} {
			if _, secret, _ := strings.Cut(os.Getenv(hush), ":"); strings.Contains(s.told(), secret) {
				o.Errorf("the log tells a secret:\n%s", s.told())
			}
		}
		for line := range strings.Lines(s.told()) {
			if !json.Valid([]byte(line)) {
				o.Errorf("a line of the log is no JSON: %s", line)
			}
		}
	})
	select {
	case at := <-listening:
		conn, err := grpc.NewClient(at[0], grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			o.Fatal(err)
		}
		o.Cleanup(func() { _ = conn.Close() })
		s.client, s.admin = predictv1.NewPredictServiceClient(conn), "http://"+at[1]
	case <-logged:
		o.Fatalf("predict did not start:\n%s", s.told())
	}
	return s
}

func (s *server) told() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *server) eventually(what string, check func() bool) {
	s.Helper()
	for range 1500 {
		if check() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.Fatalf("%s: not so after 15 s\n%s", what, s.told())
}

func (s *server) isReady() bool {
	resp, err := http.Get(s.admin + "/readyz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (s *server) ready() {
	s.Helper()
	s.eventually("ready", s.isReady)
}

// tells waits until the log has each of these.
func (s *server) tells(parts ...string) {
	s.Helper()
	for _, part := range parts {
		s.eventually("the log has "+part, func() bool { return strings.Contains(s.told(), part) })
	}
}

// stop ends it well.
func (s *server) stop() {
	s.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	s.tells(`"msg":"stopped"`)
}

// proven sends the goldens of one of our versions and compares every bit of
// the answers. The number is that which is asked for, 0 for the default.
func (s *server) proven(number int64, golden int) {
	s.Helper()
	data, err := os.ReadFile(fmt.Sprintf("models/housing/%d/golden.json", golden))
	if err != nil {
		s.Fatal(err)
	}
	var g struct {
		Features []string
		Rows     [][]any
		Outputs  struct{ Predict [][]float64 }
	}
	if err := json.Unmarshal(data, &g); err != nil {
		s.Fatal(err)
	}
	table := &predictv1.Table{}
	var want []float64
	columns := make([]*predictv1.Numbers, len(g.Features)-1)
	for i := range columns {
		columns[i] = &predictv1.Numbers{}
	}
	places := &predictv1.Strings{}
	for n, row := range g.Rows {
		place, complete := row[len(row)-1].(string)
		values := make([]float64, len(columns))
		for i := range columns {
			v, ok := row[i].(float64)
			values[i], complete = v, complete && ok
		}
		if !complete { // a missing value is for other tests
			continue
		}
		for i, v := range values {
			columns[i].Values = append(columns[i].Values, v)
		}
		places.Values = append(places.Values, place)
		want = append(want, g.Outputs.Predict[n][0])
	}
	for i, c := range columns {
		table.Columns = append(table.Columns, &predictv1.Column{Name: g.Features[i], Values: &predictv1.Column_Numbers{Numbers: c}})
	}
	table.Columns = append(table.Columns, &predictv1.Column{Name: g.Features[len(columns)], Values: &predictv1.Column_Strings{Strings: places}})
	table.Rows = uint32(len(want))
	resp, err := s.client.Predict(s.Context(), &predictv1.PredictRequest{Model: "housing", Version: number, Rows: &predictv1.PredictRequest_Table{Table: table}})
	if err != nil {
		s.Fatalf("version %d: %v\n%s", number, err, s.told())
	}
	if len(want) < 100 || len(resp.GetValues()) != len(want) {
		s.Fatalf("version %d: %d answers for %d rows", number, len(resp.GetValues()), len(want))
	}
	for i, v := range resp.GetValues() {
		if v != want[i] {
			s.Fatalf("version %d, row %d: %v; the library's own output is %v", number, i, v, want[i])
		}
	}
}

func (o *objectStore) desired(models string) string {
	o.Helper()
	path := filepath.Join(o.TempDir(), "models.yaml")
	if err := os.WriteFile(path, []byte("models: ["+models+"]\n"), 0o600); err != nil {
		o.Fatal(err)
	}
	return path
}

func serveEverything(o *objectStore) {
	s := o.serve()
	s.ready()
	for n := 1; n <= 3; n++ {
		s.proven(int64(n), n)
	}
	s.proven(0, 3)
	s.stop()
}

const sha256Of2 = "cd38ff79048c7d58a4bf9d7d05fd1ff2351dd2b15299e298402881adc6178317"

func serveDesired(o *objectStore) {
	s := o.serve("--desired", o.desired("{name: housing, version: 2, sha256: "+sha256Of2+"}"), "--require-certificate")
	s.ready()
	s.proven(0, 2)
	_, err := s.client.Predict(o.Context(), &predictv1.PredictRequest{Model: "housing", Version: 3})
	if status.Code(err) != codes.NotFound {
		o.Errorf("a version outside the set: %v", err)
	}
	if n := o.gets.Load(); n != 1 {
		o.Errorf("%d artifacts were downloaded, want the one", n)
	}
}

func refuseSHA256(o *objectStore) {
	s := o.serve("--desired", o.desired("{name: housing, version: 2, sha256: "+strings.Repeat("0", 64)+"}"))
	s.tells("models-dev/"+o.folder+"/housing/2/model.joblib: the artifact's sha256 is "+sha256Of2+", but the desired set pins 0000", `"served":false`)
	if s.isReady() {
		o.Error("it is ready without the version that it is to serve")
	}
}

func pinObjectVersion(o *objectStore) {
	id := o.put("housing/2/model.joblib", artifact(o.T, 2))
	pinned := o.desired("{name: housing, version: 2, sha256: " + sha256Of2 + ", objectVersion: '" + id + "'}")
	running := o.serve("--desired", pinned)
	running.ready()

	o.put("housing/2/model.joblib", artifact(o.T, 1))
	s := o.serve("--desired", pinned)
	s.ready()
	s.proven(0, 2)
	unpinned := o.serve("--desired", o.desired("{name: housing, version: 2, sha256: "+sha256Of2+"}"))
	unpinned.tells("but model.yaml says " + sha256Of2)

	o.remove("housing/2/model.joblib") // a delete marker; the version is still there
	s = o.serve("--desired", pinned)
	s.ready()
	s.proven(0, 2)

	running.proven(0, 2)
	if strings.Contains(running.told(), "its files changed") {
		o.Errorf("the overwrite of a pinned object is taken for a change:\n%s", running.told())
	}
	s = o.serve("--desired", o.desired("{name: housing, version: 2, objectVersion: 00000000-0000-0000-0000-000000000000}"))
	s.tells("housing/2/model.joblib: no such object version")
}

func refuseChange(o *objectStore) {
	s := o.serve("--cache", filepath.Join(o.TempDir(), "cache"))
	s.ready()
	o.put("housing/3/model.joblib", artifact(o.T, 2))
	s.tells(`"msg":"model failed"`, "its files changed after it was loaded, and what was loaded goes on", `"served":true`)
	s.proven(3, 3)
	o.put("housing/3/model.joblib", artifact(o.T, 3))
	s.tells("model's files are those loaded again")
}

func tellFailures(o *objectStore) {
	reader := os.Getenv("OBJECT_STORE_READER")
	id, _, _ := strings.Cut(reader, ":")
	region := "?region=us-west-2&use_path_style=true&endpoint="
	for _, tt := range []struct{ identity, repository, want string }{
		{os.Getenv("OBJECT_STORE_NOBODY"), o.repository(bucketName), "models-dev/" + o.folder + ": access denied: the policy of this process's identity does not allow it (AccessDenied)"},
		{reader, o.repository("models-prod"), "models-prod/" + o.folder + ": access denied"},
		{id + ":wrong", o.repository(bucketName), "the credentials of the environment are not accepted (SignatureDoesNotMatch)"},
		{"AKIANOBODY:x", o.repository(bucketName), "the credentials of the environment are not accepted (InvalidAccessKeyId)"},
		{":", o.repository(bucketName), "the environment has no credentials that can be used"},
		{os.Getenv("OBJECT_STORE_PUBLISHER"), o.repository("models-test"), "s3://models-test/" + o.folder + ": no such bucket (NoSuchBucket)"},
		{reader, "s3://models-dev/x" + region + "http://127.0.0.1:1", "s3://models-dev/x: the store cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused"},
	} {
		s := o.serveAs(tt.identity, "--repository", tt.repository)
		s.tells(tt.want)
		if s.isReady() {
			o.Errorf("%s: it is ready", tt.want)
		}
		s.stop()
	}
}

func startFromCache(o *objectStore) {
	cache := filepath.Join(o.TempDir(), "cache")
	for start := range 3 {
		if start == 2 { // and a disk that rots between two starts
			damaged, err := filepath.Glob(filepath.Join(cache, "housing-2-*", "model.joblib"))
			if err != nil || len(damaged) != 1 {
				o.Fatalf("the cache holds %v, %v", damaged, err)
			}
			if err := os.WriteFile(damaged[0], []byte("x"), 0o600); err != nil {
				o.Fatal(err)
			}
		}
		o.gets.Store(0)
		s := o.serve("--cache", cache)
		s.ready()
		for n := 1; n <= 3; n++ {
			s.proven(int64(n), n)
		}
		if got, want := o.gets.Load(), []int32{3, 0, 1}[start]; got != want {
			o.Errorf("start %d downloaded %d artifacts, want %d", start, got, want)
		}
		s.stop()
	}
	s := o.serve("--cache", filepath.Join(o.TempDir(), "small"), "--cache-bytes", "1000000")
	s.tells("the cache is full: ")
}

func storeGoes(o *objectStore) {
	s := o.serve()
	s.ready()
	o.away.Store(true)
	s.tells("s3://models-dev/" + o.folder + ": the store cannot be reached")
	for n := 1; n <= 3; n++ {
		s.proven(int64(n), n)
	}
	for _, file := range []string{"golden.json", "model.yaml", "model.joblib"} {
		data, err := os.ReadFile(filepath.Join("models/housing/1", file))
		if err != nil {
			o.Fatal(err)
		}
		o.put("housing/4/"+file, data)
	}
	o.away.Store(false)
	s.eventually("version 4 is served", func() bool {
		_, err := s.client.Predict(o.Context(), &predictv1.PredictRequest{Model: "housing", Version: 4})
		return status.Code(err) == codes.InvalidArgument // it has no rows
	})
	s.proven(0, 1)
}

func storeComes(o *objectStore) {
	o.away.Store(true)
	s := o.serve()
	s.tells("the store cannot be reached")
	if s.isReady() {
		o.Error("it is ready without a model")
	}
	o.away.Store(false)
	s.ready()
	s.proven(0, 3)
}

func copyFrom(o *objectStore) {
	to := filepath.Join(o.TempDir(), "models")
	set := o.desired("{name: housing, version: 2, sha256: " + sha256Of2 + "}")
	out, err := o.predict(os.Getenv("OBJECT_STORE_READER"), "copy", "--desired", set, o.repository(bucketName), to).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 versions copied") {
		o.Fatalf("predict copy: %v\n%s", err, out)
	}
	for _, file := range []string{"golden.json", "model.yaml", "model.joblib"} {
		got, gotErr := os.ReadFile(filepath.Join(to, "housing/2", file))
		want, wantErr := os.ReadFile(filepath.Join("models/housing/2", file))
		if err := errors.Join(gotErr, wantErr); err != nil || !bytes.Equal(got, want) {
			o.Errorf("%s is not the same: %v", file, err)
		}
	}
	out, err = o.predict(os.Getenv("OBJECT_STORE_NOBODY"), "copy", o.repository(bucketName), to).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "access denied") {
		o.Errorf("predict copy of nobody: %v\n%s", err, out)
	}
}
