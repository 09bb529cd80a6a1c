// The manifest for Kubernetes: it is YAML, its parts fit each other, and its flags exist.

package examples_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// manifest is what the test looks at, of all kinds of objects.
type manifest struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		ClusterIP                string `yaml:"clusterIP"`
		PublishNotReadyAddresses bool   `yaml:"publishNotReadyAddresses"`
		ServiceName              string `yaml:"serviceName"`
		Selector                 map[string]any
		Ports                    []struct{ Port int }
		Template                 struct {
			Metadata struct{ Labels map[string]any }
			Spec     pod
		}
	}
}

type pod struct {
	Containers []container
	Volumes    []struct {
		Name   string
		Secret *struct {
			Name string `yaml:"secretName"`
		}
	}
}

type container struct {
	Args []string
	Env  []struct {
		Name      string
		ValueFrom struct {
			FieldRef struct {
				FieldPath string `yaml:"fieldPath"`
			} `yaml:"fieldRef"`
		} `yaml:"valueFrom"`
	}
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	VolumeMounts []struct {
		Name string
		Path string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
	StartupProbe   probe `yaml:"startupProbe"`
	ReadinessProbe probe `yaml:"readinessProbe"`
	LivenessProbe  probe `yaml:"livenessProbe"`
}

type probe struct {
	TCPSocket struct{ Port string } `yaml:"tcpSocket"`
}

// manifests reads the file.
func manifests(t *testing.T) (service, set manifest) {
	t.Helper()
	file, err := os.Open("kubernetes/kith.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	decoder := yaml.NewDecoder(file)
	for _, m := range []*manifest{&service, &set} {
		if err := decoder.Decode(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := decoder.Decode(&manifest{}); !errors.Is(err, io.EOF) {
		t.Fatalf("after the second object: %v, want the end", err)
	}
	return service, set
}

func TestKubernetes(t *testing.T) {
	t.Parallel()
	service, set := manifests(t)
	if len(set.Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("containers are %+v, want one", set.Spec.Template.Spec.Containers)
	}
	node := set.Spec.Template.Spec.Containers[0]
	flags := make(map[string]string)
	for _, arg := range node.Args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		flags[name] = value
	}
	env := make(map[string]string)
	for _, e := range node.Env {
		env[e.Name] = e.ValueFrom.FieldRef.FieldPath
	}
	mounts := make(map[string]string)
	for _, m := range node.VolumeMounts {
		mounts[m.Name] = m.Path
	}
	secret := ""
	for _, v := range set.Spec.Template.Spec.Volumes {
		if v.Secret != nil {
			secret = mounts[v.Name]
		}
	}
	name := service.Metadata.Name
	for what, tt := range map[string][2]any{
		"kinds":                     {service.APIVersion + " " + service.Kind + ", " + set.APIVersion + " " + set.Kind, "v1 Service, apps/v1 StatefulSet"},
		"address of the service":    {service.Spec.ClusterIP, "None"},
		"addresses before ready":    {service.Spec.PublishNotReadyAddresses, true},
		"service of the set":        {set.Spec.ServiceName, name},
		"selected by the service":   {service.Spec.Selector["app"], set.Spec.Template.Metadata.Labels["app"]},
		"command":                   {node.Args[0], "node"},
		"contact":                   {flags["--contact"], name + ":7000"},
		"listening":                 {flags["--listen"], "0.0.0.0:7000"},
		"port of the service":       {service.Spec.Ports[0].Port, 7000},
		"port of the container":     {node.Ports[0].ContainerPort, 7000},
		"startup probe":             {node.StartupProbe.TCPSocket.Port, node.Ports[0].Name},
		"readiness probe":           {node.ReadinessProbe.TCPSocket.Port, node.Ports[0].Name},
		"liveness probe":            {node.LivenessProbe.TCPSocket.Port, node.Ports[0].Name},
		"source of the ID":          {env["KITH_ID"], "metadata.name"},
		"source of the address":     {env["KITH_ADVERTISE"], "status.podIP"},
		"certificate in the secret": {flags["--cert"], secret + "/$(KITH_ID).pem"},
		"key in the secret":         {flags["--key"], secret + "/$(KITH_ID)-key.pem"},
		"authority in the secret":   {flags["--ca"], secret + "/ca.pem"},
	} {
		if tt[0] != tt[1] {
			t.Errorf("%s: %v, want %v", what, tt[0], tt[1])
		}
	}
}

// TestKubernetesFlags finds what the manifest gives a node that 'demo node' does not take.
func TestKubernetesFlags(t *testing.T) {
	t.Parallel()
	help, err := exec.Command(programs.Path(t, "demo"), "node", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, set := manifests(t)
	node := set.Spec.Template.Spec.Containers[0]
	var names []string
	for _, arg := range node.Args[1:] {
		name, _, _ := strings.Cut(arg, "=")
		names = append(names, name)
	}
	for _, e := range node.Env {
		names = append(names, e.Name)
	}
	for _, name := range names {
		if !regexp.MustCompile(`[\s(]` + name + `[\s,)]`).Match(help) {
			t.Errorf("'demo node' does not have %s", name)
		}
	}
}
