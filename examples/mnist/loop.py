"""The course of a training: steps, validation, checkpoints, figures; from its beginning or from a checkpoint."""

from __future__ import annotations

from dataclasses import asdict

from activity import print_warnings
from checkpoint import save_checkpoint
from data import Digits
from encoding import Encoder
from evaluation import Evaluation, evaluate
from interrupts import Interrupted, Interrupts
from logs import MetricsLog
from runs import RunFolder
from torch import Tensor
from tqdm import tqdm
from trainer import Progress, Trainer

# Reading a figure waits for the device.
STEPS_A_FIGURE = 10


class Loop:
    """Trains to the end. The process that leads validates, writes and prints; the others only train.

    log: None in the others. Raises Interrupted where someone asked for an end; a checkpoint is there then.
    """

    def __init__(self, trainer: Trainer, digits: Digits, folder: RunFolder, log: MetricsLog | None) -> None:
        self.trainer, self.digits, self.folder, self.log = trainer, digits, folder, log
        self.config, self.world = trainer.config, trainer.world
        self.epochs = self.config.optimization.epochs

    @property
    def progress(self) -> Progress:
        return self.trainer.progress

    def run(self) -> None:
        with Interrupts() as interrupts:
            if self.progress.step == 0:
                self._save()  # from here on the run can be resumed
            while not self.trainer.finished or self.progress.step_in_epoch:
                self._train(interrupts)
                self._end_epoch()
            self._stop_if(interrupts.requested)

    def _train(self, interrupts: Interrupts) -> None:
        """The steps of an epoch, or what is left of them."""
        with tqdm(
            total=len(self.trainer.images),
            initial=self.trainer.images_seen,
            desc=f"epoch {self.progress.epoch + 1}/{self.epochs}",
            unit=" images",
            disable=None if self.world.leads else True,
        ) as bar:
            for sums in self.trainer.steps():
                if self.progress.step % STEPS_A_FIGURE == 0:
                    self._log_step(sums, bar)
                bar.update(self.trainer.images_seen - bar.n)
                if self.progress.step % self.config.checkpoint_every == 0:
                    self._save()
                self._stop_if(interrupts.requested)

    def _log_step(self, sums: Tensor, bar: tqdm) -> None:
        loss, accuracy = self.trainer.means(sums)
        epoch_loss, epoch_accuracy = self.trainer.means()
        bar.set_postfix(loss=f"{epoch_loss:.3f}", accuracy=f"{epoch_accuracy:.1%}", refresh=False)
        if self.log is not None:
            values = {"loss": loss, "accuracy": accuracy, "learning_rate": self.trainer.learning_rate}
            self.log.write("step", self.progress.step, values)

    def _end_epoch(self) -> None:
        """Validate, write down the figures, keep the weights, the best apart."""
        loss, accuracy = self.trainer.means()
        train = {"loss": loss, "accuracy": accuracy, "seconds": self.progress.seconds}
        self.trainer.end_epoch()
        best = False
        if self.log is not None:
            validation = self._validate(train)
            best = validation.accuracy > self.progress.best_accuracy
            if best:
                self.progress.best_epoch, self.progress.best_accuracy = self.progress.epoch, validation.accuracy
            values = {"epoch": self.progress.epoch, "train": train, "validation": asdict(validation)}
            self.log.write("epoch", self.progress.step, values)
        self._save(best=best)

    def _validate(self, train: dict[str, float]) -> Evaluation:
        coding = self.config.coding
        encoder = Encoder(coding, coding.eval_time_steps)
        result = evaluate(self.trainer.model, self.digits.validation, encoder, amp=self.config.machine.amp)
        print(
            f"epoch {self.progress.epoch}/{self.epochs}: loss {train['loss']:.3f}, training accuracy "
            f"{train['accuracy']:.2%}, validation accuracy {result.accuracy:.2%}, {train['seconds']:.1f} s",
            flush=True,
        )
        if not self.trainer.finished:  # those of the last epoch come with the test's figures
            print_warnings(result.layers)
        return result

    def _save(self, *, best: bool = False) -> None:
        """Write last.pt, and best.pt before it: killed in between, the run finds the same best again."""
        state = self.trainer.state()
        if self.log is None:
            return
        contents = {
            "config": self.config.to_json(),
            "pixels": self.trainer.images.images.shape[1],
            "metrics_position": self.log.position(),
            **state,
        }
        for path in (self.folder.best, self.folder.last) if best else (self.folder.last,):
            save_checkpoint(path, contents)

    def _stop_if(self, requested: bool) -> None:
        if self.world.any(requested):
            self._save()
            raise Interrupted
