"""A TensorBoard server reads the files of the callbacks and serves their content."""

import io
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import keras
import numpy as np
import pytest
from event_files import written
from PIL import Image

import keras_cae
from keras_cae.callbacks import LatentProjector, standard_callbacks

EPOCHS = 12
BETAS = (0.1, 1.0)


class Server:
    """A TensorBoard server for a folder, on a free port."""

    def __init__(self, folder, *options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        arguments = ["--logdir", folder, "--host", "127.0.0.1", "--port", str(self.port), *options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def get(self, path, data=None, **query):
        url = f"http://127.0.0.1:{self.port}/data/{path}?{urllib.parse.urlencode(query)}"
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()

    def json(self, path, data=None, **query):
        return json.loads(self.get(path, data, **query))

    def wait_for(self, path, expected):
        """Repeat a request until the response, or the names in it, are as expected."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                answer = self.json(path)
            except (urllib.error.URLError, ConnectionError):
                answer = None
            if answer is not None and set(answer) >= expected:
                return answer
            time.sleep(0.5)
        raise AssertionError(f"{path} never was {expected}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, digits):
    """Two training runs with all callbacks, and one with only a projector."""
    folder = tmp_path_factory.mktemp("logs")
    train, test = digits
    for beta in BETAS:
        model = keras_cae.models.VariationalCAE(2, beta=beta, filters=(4, 8))
        model.compile(keras.optimizers.Adam(3e-3), "mse", metrics=[keras_cae.metrics.PSNR()])
        callbacks = standard_callbacks(test, folder / f"beta_{beta:g}", labels=range(len(test)), anomalous=1 - test)
        model.fit(train[:256], validation_data=test, epochs=EPOCHS, verbose=0, callbacks=callbacks)
    model.fit(train[:32], verbose=0, callbacks=[LatentProjector(test, log_dir=folder / "projector_only")])
    return folder


@pytest.fixture(scope="module", params=[True, False], ids=["fast loader", "slow loader"])
def server(request, folder):
    options = ["--samples_per_plugin", "images=1000", "--load_fast", "auto" if request.param else "false"]
    server = Server(folder, *options)
    try:
        server.wait_for("runs", {"beta_0.1", "beta_0.1/train", "beta_1/validation"})
        server.wait_for("plugin/images/tags", {"beta_0.1", "beta_1"})
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=30)


@pytest.mark.slow
class TestServer:
    def test_pictures(self, server, folder):
        tags = server.json("plugin/images/tags")["beta_0.1"]
        seen = written(folder / "beta_0.1")
        expected = (
            "reconstruction",
            "reconstruction_error/worst",
            "latent/traversal",
            "latent/prior_samples",
        )
        for tag in (*expected, "latent/interpolation"):
            assert "<p>" in tags[tag]["description"]
            listed = server.json("plugin/images/images", run="beta_0.1", tag=tag, sample=0)
            assert [entry["step"] for entry in listed] == list(range(EPOCHS)), "all of them are kept"
            png = server.get(f"plugin/images/individualImage?{listed[-1]['query']}&")
            np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), seen[tag][EPOCHS - 1])

    def test_histograms(self, server, folder):
        tags = server.json("plugin/histograms/tags")["beta_1"]
        seen = written(folder / "beta_1")
        for tag in ("latent/dimension_000", "latent/prior", "reconstruction_error/anomalous"):
            assert tag in tags
            series = server.json("plugin/histograms/histograms", run="beta_1", tag=tag)
            assert [step for _, step, _ in series] == list(range(EPOCHS))
            np.testing.assert_allclose(series[-1][2], seen[tag][EPOCHS - 1])

    def test_numbers_and_texts(self, server, folder):
        scalars = server.json("plugin/scalars/scalars", run="beta_1", tag="latent/effective_rank")
        expected = written(folder / "beta_1")["latent/effective_rank"]
        assert [value for _, _, value in scalars] == pytest.approx([v.item() for v in expected.values()])
        (text,) = server.json("plugin/text/text", run="beta_1", tag="model_card")
        assert "<h1>VariationalCAE</h1>" in text["text"]
        assert "<td>mse</td>" in text["text"]
        assert "Total params" in text["text"]

    @pytest.mark.parametrize("run", ["beta_0.1", "projector_only"])
    def test_projector(self, server, folder, run):
        assert run in server.json("plugin/projector/runs")
        embeddings = server.json("plugin/projector/info", run=run)["embeddings"]
        epochs = [EPOCHS - 1, 0] if run == "beta_0.1" else [0]
        names = [e["tensorName"] for e in embeddings]
        assert names == [f"codes (newest, epoch {epochs[0]})", *(f"codes, epoch {epoch}" for epoch in epochs[1:])]
        assert names == sorted(names), "the page sorts by name"
        for embedding, epoch in zip(embeddings, epochs, strict=True):
            assert embedding["tensorShape"] == [360, 3], "two dimensions are padded, to be seen"
            name = {"run": run, "name": embedding["tensorName"]}
            codes = np.frombuffer(server.get("plugin/projector/tensor", **name), "float32").reshape(360, 3)
            file = folder / run / "projector" / f"codes_epoch_{epoch:04d}.tsv"
            np.testing.assert_array_equal(codes, np.loadtxt(file, dtype="float32"))
            assert (codes[:, 2] == 0).all()
            sprite = Image.open(io.BytesIO(server.get("plugin/projector/sprite_image", **name)))
            assert sprite.size == (19 * 8, 19 * 8)
            if run == "beta_0.1":
                labels = server.get("plugin/projector/metadata", **name).decode().split()
                assert labels == [str(index) for index in range(360)]

    def test_hyperparameters(self, server):
        experiment = server.json("plugin/hparams/experiment", {"experimentName": ""})
        differing = {info["name"] for info in experiment["hparamInfos"] if info["differs"]}
        assert "beta" in differing
        assert "latent_dim" not in differing
        metrics = [info["name"] for info in experiment["metricInfos"]]
        wanted = {"results/best_val_loss", "results/final_val_loss", "results/best_val_psnr"}
        assert {name["tag"] for name in metrics} >= wanted
        assert all(name["tag"].startswith("results/") for name in metrics), "not the curves of the epochs"
        groups = server.json(
            "plugin/hparams/session_groups",
            {
                "experimentName": "",
                "allowedStatuses": ["STATUS_SUCCESS", "STATUS_UNKNOWN"],
                "colParams": [{"metric": name} for name in metrics],
                "startIndex": 0,
                "sliceSize": 10,
            },
        )["sessionGroups"]
        assert sorted(group["hparams"]["beta"] for group in groups) == list(BETAS)
        for group in groups:
            (session,) = group["sessions"]
            assert session["status"] == "STATUS_SUCCESS"
            values = {value["name"]["tag"]: value["value"] for value in group["metricValues"]}
            assert values["results/best_val_loss"] <= values["results/final_val_loss"]
            assert wanted <= set(values)
