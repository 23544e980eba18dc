"""dqn_peer.py OPTIONS: Stable-Baselines3's DQN on Gymnasium's CartPole-v1, by the options that StreamForge's learner has. Prints one line of JSON.

OPTIONS is JSON: steps, seed, threads, evaluate_every (0: never), solved_at, and the learner's own. The time is that of learning, without evaluations.
"""
import json
import sys
import time

import gymnasium
import stable_baselines3
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy

options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])


class Curve(BaseCallback):
    """Greedy returns on the way; ends the training when the task is solved."""

    def __init__(self):
        super().__init__()
        self.points, self.seconds, self.solved = [], 0.0, None
        self.environment = gymnasium.make("CartPole-v1")

    def mean_return(self, episodes):
        return evaluate_policy(self.model, self.environment, n_eval_episodes=episodes, deterministic=True, warn=False)[0]

    def _on_step(self):
        if options["evaluate_every"] == 0 or self.num_timesteps % options["evaluate_every"] != 0:
            return True
        began = time.perf_counter()
        mean = self.mean_return(20)
        self.points.append([self.num_timesteps, round(float(mean), 1)])
        if mean >= options["solved_at"] and self.mean_return(100) >= options["solved_at"]:
            self.solved = self.num_timesteps
        self.seconds += time.perf_counter() - began
        return self.solved is None


environment = gymnasium.make("CartPole-v1")
model = DQN(
    "MlpPolicy", environment, learning_rate=options["learningRate"], buffer_size=options["bufferSize"], learning_starts=options["learningStarts"],
    batch_size=options["batchSize"], tau=options["targetShare"], gamma=options["discount"], train_freq=options["trainEvery"], gradient_steps=options["gradientSteps"],
    target_update_interval=options["targetEvery"], exploration_fraction=options["exploringSteps"] / options["steps"], exploration_initial_eps=options["firstEpsilon"],
    exploration_final_eps=options["lastEpsilon"], max_grad_norm=options["longestGradient"], policy_kwargs={"net_arch": [options["hidden"]] * 2}, seed=options["seed"], device="cpu",
)
curve = Curve()
began = time.perf_counter()
model.learn(options["steps"], callback=curve)
seconds = time.perf_counter() - began - curve.seconds
print(json.dumps({
    "description": f"Stable-Baselines3 {stable_baselines3.__version__}, PyTorch {torch.__version__}", "steps": model.num_timesteps, "seconds": seconds,
    "curve": curve.points, "solved": curve.solved,
}))
